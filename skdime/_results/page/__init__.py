"""An explanation as markup: pieces that notebooks show and that the report places."""
