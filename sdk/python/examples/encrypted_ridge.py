"""A scikit-learn estimator whose predictions are made on encrypted rows.

Whoever has the model sees no row, and whoever has the rows sees no coefficient but through the predictions: `encrypt`
and `decrypt` are the owner's of the rows, `predict_encrypted` the owner's of the model. `predict` plays both, so that
pipelines, searches and cross validation take it as any other regressor.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import Ridge
from sklearn.utils.validation import check_array, check_is_fitted

from coffer.heu import numpy as hnp
from coffer.heu import phe


class EncryptedRidge(RegressorMixin, BaseEstimator):
    """Ridge regression; features and coefficients with `digits` decimal digits after the point, of which as many are
    exact in a prediction. `bits`: the key's length."""

    def __init__(self, alpha: float = 1.0, digits: int = 8, bits: int = 2048) -> None:
        self.alpha = alpha
        self.digits = digits
        self.bits = bits

    def fit(self, X: Any, y: Any) -> EncryptedRidge:
        """In the clear, where the training data is."""
        model = Ridge(alpha=self.alpha).fit(X, y)
        self.coef_, self.intercept_, self.n_features_in_ = model.coef_, model.intercept_, model.n_features_in_
        self.kit_ = hnp.setup(phe.SchemaType.ZPaillier, self.bits)
        return self

    def encrypt(self, X: Any) -> Any:
        """The rows' owner."""
        return self.kit_.encryptor().encrypt(self.kit_.array(X, self.kit_.float_encoder(self._scale)))

    def predict_encrypted(self, rows: Any) -> Any:
        """The model's owner, who needs the public key alone."""
        server = hnp.setup(self.kit_.public_key())
        weights = server.array(self.coef_, server.float_encoder(self._scale))
        offset = np.full(rows.rows, self.intercept_)
        products = server.evaluator().matmul(rows, weights)
        return server.evaluator().add(products, server.array(offset, server.float_encoder(self._scale**2)))

    def decrypt(self, predictions: Any) -> npt.NDArray[np.float64]:
        """The rows' owner again. A product's scale is both factors' scales multiplied."""
        found = self.kit_.decryptor().decrypt(predictions)
        return np.asarray(found.to_numpy(self.kit_.float_encoder(self._scale**2)))

    def predict(self, X: Any) -> npt.NDArray[np.float64]:
        check_is_fitted(self)
        return self.decrypt(self.predict_encrypted(self.encrypt(check_array(X))))

    @property
    def _scale(self) -> int:
        return int(10**self.digits)
