// The digit multipliers of an engine: one word of Columns digits enters in each cycle.
//
// Montgomery multiplication by digits of the multiplier operand (P. Montgomery, Math. Comp. 44, 1985; the digit loop is "FIOS" of
// Koc, Acar, Kaliski, IEEE Micro 16, 1996), with columns that never carry into each other. A number is the sum of its columns V_j,
// each of weight 2^(WB j) and wider than WB bits. For a digit a of the multiplier operand and q = V_0 * n0' mod 2^WA:
//     U_j  = V_j + q N_j                                             (the low WA bits of U_0 are zero)
//     V'_j = (U_j >> WA) + ((U_{j+1} mod 2^WA) << (WB - WA)) + a B_j
// so that V' = (V + q N) / 2^WA + a B. What a shift by WA bits takes from a column goes to the next lower one, and no carry ever
// travels upwards: all columns work in the same cycle.
//
// Ranges: digits N_j, B_j below 2^WB, a, q below 2^WA, V_j below 2^(WA+WB+1); then V'_j is in the same range:
//     V' < (2^(WA+WB+1) + 2^(WA+WB)) / 2^WA + 2^WB + 2^(WA+WB) < 2^(WA+WB+1)  for WA >= 3.
// Cycles: v_i, n_i, q_i and last_word_i are sampled in cycle t, b_i and a_i of the same word in cycle t + 3, v_o is valid in cycle
// t + 6. The words of one row enter in consecutive cycles, least significant first, last_word_i with the last.
// Registers have no reset; they are overwritten in every cycle, and hold zeros after a sweep of the memories that feed them.

module multiplier_array #(
  parameter int unsigned WA      = 17,
  parameter int unsigned WB      = 26,
  parameter int unsigned Columns = 16,
  localparam int unsigned WV     = WA + WB + 1
) (
  input  logic                  clk_i,
  input  logic [Columns*WV-1:0] v_i,
  input  logic [Columns*WB-1:0] n_i,
  input  logic [WA-1:0]         q_i,
  input  logic                  last_word_i,
  input  logic [Columns*WB-1:0] b_i,
  input  logic [WA-1:0]         a_i,
  output logic [Columns*WV-1:0] v_o
);

  localparam int unsigned WU = WV + 1;

  logic [4:1] last_word_q;

  always_ff @(posedge clk_i) last_word_q <= {last_word_q[3:1], last_word_i};

  // What the column above gives to the one below it, a word later than U: the next word's first column is there by then.
  logic [Columns:0][WA-1:0] low_above;
  logic [Columns-1:0][WU-1:0] u;

  for (genvar j = 0; j < Columns; j++) begin : gen_column
    logic [WV-1:0] v_q, carried;
    logic [WU-1:0] u_late_q;

    always_ff @(posedge clk_i) begin
      v_q      <= v_i[j*WV +: WV];
      u_late_q <= u[j];
    end

    // U is there in cycle t + 3.
    digit_mac #(
      .WX(WB), .WY(WA), .WC(WV), .WP(WU)
    ) u_quotient_product (
      .clk_i, .x_i(n_i[j*WB +: WB]), .y_i(q_i), .c_i(v_q), .p_o(u[j])
    );

    // Cycle t + 4: U of this word is in u_late_q, that of the next one in u.
    assign low_above[j] = u_late_q[WA-1:0];
    assign carried = WV'(u_late_q >> WA) + (WV'(low_above[j+1]) << (WB - WA));

    digit_mac #(
      .WX(WB), .WY(WA), .WC(WV), .WP(WV)
    ) u_operand_product (
      .clk_i, .x_i(b_i[j*WB +: WB]), .y_i(a_i), .c_i(carried), .p_o(v_o[j*WV +: WV])
    );
  end

  assign low_above[Columns] = last_word_q[4] ? '0 : u[0][WA-1:0];

  // The low digit of the lowest column is zero by the choice of q: nothing is below it.
  logic unused_low;
  assign unused_low = ^low_above[0];

`ifdef FORMAL_MULTIPLIER_ARRAY
`include "multiplier_array_properties.svh"
`endif

endmodule
