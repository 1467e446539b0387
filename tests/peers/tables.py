"""A table for FATE's programs: Breast Cancer Wisconsin (UCI), which scikit-learn brings, scaled and split by columns as FATE's examples split it:
the guest has the label and 10 columns, the host 20."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer

ROWS, GUEST_COLUMNS, HOST_COLUMNS = 569, 10, 20


def write(folder: Path, rows: int = ROWS) -> None:
    """guest.csv and host.csv of the first rows."""
    x, y = load_breast_cancer(return_X_y=True)
    x = np.round((x - x.mean(axis=0)) / x.std(axis=0), 6)[:rows]
    folder.mkdir(parents=True, exist_ok=True)
    for role, columns in (("guest", x[:, -GUEST_COLUMNS:]), ("host", x[:, :HOST_COLUMNS])):
        table = pd.DataFrame(columns, columns=[f"x{i}" for i in range(columns.shape[1])])
        if role == "guest":
            table.insert(0, "y", y[:rows])
        table.insert(0, "id", np.arange(rows))
        table.to_csv(folder / f"{role}.csv", index=False)
