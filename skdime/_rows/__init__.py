"""Containers of users' rows: arrays, frames and collections behind the same few questions."""
