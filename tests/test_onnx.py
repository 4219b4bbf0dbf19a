"""A session of ONNX Runtime as a function, as the guide calls it."""

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")


def product_session():
    """A session of the product of two columns, shape (n_rows, 1)."""
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    nodes = [
        helper.make_node("Gather", ["X", "first"], ["a"], axis=1),
        helper.make_node("Gather", ["X", "second"], ["b"], axis=1),
        helper.make_node("Mul", ["a", "b"], ["Y"]),
    ]
    positions = [
        helper.make_tensor(name, onnx.TensorProto.INT64, [1], [position])
        for name, position in (("first", 0), ("second", 1))
    ]
    graph = helper.make_graph(
        nodes,
        "product",
        [helper.make_tensor_value_info("X", kind, ["n", 2])],
        [helper.make_tensor_value_info("Y", kind, ["n", 1])],
        positions,
    )
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=9)
    return onnxruntime.InferenceSession(model.SerializeToString())


def test_a_session_is_called_by_a_function():
    session = product_session()

    def model(X):
        return session.run(None, {"X": X.astype("float32")})[0][:, 0]

    X = np.random.RandomState(0).normal(size=(60, 2))
    disentangler = Disentangler(model, n_references=30, batch_size=500, random_state=0)
    explainer = LocalExplainer(disentangler, n_samples=40, random_state=0).fit(X)
    values = explainer.explain(np.array([[2.0, 3.0]])).decomposition
    references = explainer.disentangler_.references_
    means = references.mean(axis=0)
    expected = 2 * means[1] + 3 * means[0] - means.prod()
    np.testing.assert_allclose(values.output, [[6.0]])
    np.testing.assert_allclose(values.uc, [[expected]], atol=1e-6)
