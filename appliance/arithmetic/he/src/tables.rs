//! Tables of ciphertexts that multiply when their plaintexts add up: sums, and products with public matrices.

use engine::{Control, Engine, Modulus, MultiExp, Numbers, products};

use crate::HeError;
use crate::batch::unit;

/// The products of the columns of a table that is `columns` wide.
pub(crate) fn sum_columns(
    engine: &Engine,
    modulus: &Modulus,
    table: &Numbers,
    columns: usize,
    control: Control<'_>,
) -> Result<Numbers, HeError> {
    let rows = rows_of(table.count(), columns)?;
    let at = |column, row| row * columns + column;
    Ok(products(engine.cpu(), modulus, table, (columns, rows), &at, control)?)
}

/// The products of the rows of a table that is `columns` wide.
pub(crate) fn sum_rows(
    engine: &Engine,
    modulus: &Modulus,
    table: &Numbers,
    columns: usize,
    control: Control<'_>,
) -> Result<Numbers, HeError> {
    let rows = rows_of(table.count(), columns)?;
    let at = |row, column| row * columns + column;
    Ok(products(engine.cpu(), modulus, table, (rows, columns), &at, control)?)
}

/// `weights`, one row of them for each output, times a table, `columns` wide: outputs x columns. `control` hears of outputs.
pub(crate) fn plaintext_product(
    engine: &Engine,
    modulus: &Modulus,
    weights: &[i64],
    table: &Numbers,
    columns: usize,
    control: Control<'_>,
) -> Result<Numbers, HeError> {
    engine::plaintext_product(engine.cpu(), modulus, table, columns, weights, control).map_err(unit)
}

/// A table, `columns` wide, times `weights`, row by row `outputs` wide. `control` hears of each row once an output.
pub(crate) fn matrix_product(
    engine: &Engine,
    modulus: &Modulus,
    table: &Numbers,
    columns: usize,
    weights: &[i64],
    outputs: usize,
    control: Control<'_>,
) -> Result<Numbers, HeError> {
    let rows = product_rows(table.count(), columns, weights.len(), outputs)?;
    let mut out = Numbers::zero(modulus.limbs(), rows * outputs);
    for output in 0..outputs {
        let column: Vec<i64> = weights.iter().skip(output).step_by(outputs).copied().collect();
        let plan = MultiExp::new(&column);
        let products = plan.rows(engine.cpu(), modulus, table, columns, control).map_err(unit)?;
        for row in 0..rows {
            out.item_mut(row * outputs + output).copy_from_slice(products.item(row));
        }
    }
    Ok(out)
}

/// Rows of a table of so many items.
pub(crate) fn rows_of(items: usize, columns: usize) -> Result<usize, HeError> {
    if columns == 0 || !items.is_multiple_of(columns) {
        return Err(HeError::Shape { what: "the table is no whole number of rows" });
    }
    Ok(items / columns)
}

/// Rows of the product of a table with `weights` on its right.
pub(crate) fn product_rows(items: usize, columns: usize, weights: usize, outputs: usize) -> Result<usize, HeError> {
    if columns == 0 || outputs == 0 || !items.is_multiple_of(columns) || weights != columns * outputs {
        return Err(HeError::Shape { what: "the weights' shape does not fit the table's" });
    }
    Ok(items / columns)
}
