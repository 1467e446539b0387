// Codes that the blocks of one engine share, and how many rows and words a product takes.

package engine_pkg;

  // Where an operand goes.
  localparam logic [2:0] DestDigits = 3'd0;    // the slot's multiplier operand
  localparam logic [2:0] DestEntry = 3'd1;     // the slot's entry EntryOperand
  localparam logic [2:0] DestExponent = 3'd2;  // the slot's exponent or index list; all slots' where the job has one exponent
  localparam logic [2:0] DestModulus = 3'd3;   // the context's N
  localparam logic [2:0] DestRsquared = 3'd4;  // the context's R^2 mod N

  localparam logic [1:0] CheckBelow = 2'd0;
  localparam logic [1:0] CheckBits = 2'd1;
  localparam logic [1:0] CheckIndices = 2'd2;
  localparam logic [1:0] CheckModulus = 2'd3;

  // Multiplicand of a product: an entry of the slot, the context's R^2, or the number 1.
  localparam logic [1:0] FromEntry = 2'd0;
  localparam logic [1:0] FromRsquared = 2'd1;
  localparam logic [1:0] FromOne = 2'd2;

  // Entries of a slot: 0 to 15 are powers of the base (0 is 1 in Montgomery form).
  localparam int unsigned EntryWidth = 5;
  localparam logic [4:0] EntryPower = 5'd16;    // the running result
  localparam logic [4:0] EntryOperand = 5'd17;  // what was loaded last

  localparam int unsigned Window = 4;       // bits of an exponent a step, for a base that comes with the job
  localparam int unsigned TableWindow = 8;  // the same for tables in card memory

  // Rows of a product: one for each digit of an operand below 2N, N of 64 limbs bits, so that R > 4N; and one that only shifts.
  function automatic int unsigned rows(int unsigned limbs, int unsigned wa);
    rows = (64 * limbs + 2 + wa - 1) / wa + 1;
  endfunction

  // Words of `columns` digits of wb bits for a number below 2N.
  function automatic int unsigned words(int unsigned limbs, int unsigned wb, int unsigned columns);
    words = (64 * limbs + 1 + wb * columns - 1) / (wb * columns);
  endfunction

endpackage
