"""The SDK's example of an estimator, as scikit-learn uses one."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(Path(__file__).parents[2] / "sdk/python/examples"))
from encrypted_ridge import EncryptedRidge  # noqa: E402

X, Y = (part[:120] for part in load_diabetes(return_X_y=True))


def test_predictions_are_those_in_the_clear() -> None:
    plain, ours = Ridge(alpha=0.5).fit(X, Y), EncryptedRidge(alpha=0.5).fit(X, Y)
    np.testing.assert_allclose(ours.predict(X), plain.predict(X), atol=1e-4)
    # What travels is encrypted, and the model's side has no key to open it.
    assert not hasattr(ours.predict_encrypted(ours.encrypt(X[:2])), "to_numpy")


def test_scikit_learn_takes_it_as_its_own() -> None:
    assert clone(EncryptedRidge(alpha=3.0)).get_params() == {"alpha": 3.0, "bits": 2048, "digits": 8}
    search = GridSearchCV(make_pipeline(StandardScaler(), EncryptedRidge()), {"encryptedridge__alpha": [0.1, 10.0]}, cv=2)
    plain = GridSearchCV(make_pipeline(StandardScaler(), Ridge()), {"ridge__alpha": [0.1, 10.0]}, cv=2)
    found, wanted = search.fit(X, Y).cv_results_, plain.fit(X, Y).cv_results_
    np.testing.assert_allclose(found["mean_test_score"], wanted["mean_test_score"], atol=1e-6)
