// Montgomery products for all slots of an engine: result = A B / R mod N (+ N), for A, B below 2N.
//
// Holds the columns of the products under way, the quotient digits, the multiplicand entries of each slot and the multiplier
// operands; contains the multipliers, their scheduler and the normalizer. Digits of operands are written through the digit port
// (write_*) and, with priority, by the normalizer, which also shows results as digits (result_*).
// start_i[s] begins a product with what from_i, entry_i, one_i, to_i say for slot s, which must hold still until done_o[s].
// Cycles of a product alone: max(words, 9) * rows + columns + about 20; with enough slots, words * rows.
// parity_error_o pulses when a word of N, R^2, an entry or a multiplier operand was read with a bit flipped. The columns under way have no
// parity (fpga/docs/interfaces.md).
// While sweep_i is high, all memories here are zeroized (context memories: at context_sweep_addr_i).

module product_unit #(
  parameter int unsigned WA           = 17,
  parameter int unsigned WB           = 26,
  parameter int unsigned Columns      = 16,
  parameter int unsigned Slots        = 4,
  parameter int unsigned ContextWidth = 3,
  parameter int unsigned WordWidth    = 4,
  parameter int unsigned SweepWidth   = 11,
  parameter int unsigned RowWidth     = 9,
  localparam int unsigned SlotWidth   = (Slots > 1) ? $clog2(Slots) : 1,
  localparam int unsigned LaneBits    = $clog2(Columns),
  localparam int unsigned ColWidth    = WordWidth + LaneBits
) (
  input  logic                              clk_i,
  input  logic                              rst_ni,
  input  logic                              clear_i,
  input  logic                              sweep_i,
  input  logic [SweepWidth-1:0]             sweep_addr_i,
  input  logic [ContextWidth+WordWidth-1:0] context_sweep_addr_i,

  input  logic [ContextWidth-1:0]           context_i,
  input  logic [WordWidth-1:0]              last_word_i,
  input  logic [RowWidth-1:0]               rows_i,
  input  logic [WA-1:0]                     n0_i,  // -1/N mod 2^WA

  input  logic                              write_valid_i,
  output logic                              write_ready_o,
  input  logic [2:0]                        write_dest_i,
  input  logic [SlotWidth-1:0]              write_slot_i,
  input  logic [ColWidth-1:0]               write_index_i,
  input  logic [WB-1:0]                     write_digit_i,

  input  logic [Slots-1:0]                  start_i,
  input  logic [Slots-1:0][1:0]             from_i,
  input  logic [Slots-1:0][engine_pkg::EntryWidth-1:0]  entry_i,
  input  logic [Slots-1:0]                  one_i,
  input  logic [Slots-1:0][engine_pkg::EntryWidth-1:0]  to_i,
  output logic [Slots-1:0]                  done_o,

  output logic                              result_valid_o,
  output logic [SlotWidth-1:0]              result_slot_o,
  output logic                              result_first_o,
  output logic                              result_last_o,
  output logic [WB-1:0]                     result_digit_o,

  output logic                              parity_error_o,
  output logic                              row_o
);

  localparam int unsigned WV = WA + WB + 1;
  // From a row's pick to the next one's: its lowest column is through the array and its quotient digit formed (stage 11) when the
  // next row's first word needs it (stage 2).
  localparam int unsigned RowDistance = 9;

  // ---- which word is multiplied: what the scheduler picks is registered as stage 0; stages 1 to 8 follow it through the array ----
  logic [Slots-1:0]         digit_ready, digit_next;
  logic [Slots-1:0][WA-1:0] digits;
  logic                     pick_valid, pick_first, pick_last_row, pick_last_word;
  logic [SlotWidth-1:0]     pick_slot;
  logic [WordWidth-1:0]     pick_word;
  logic                     valid_0, first_0, last_row_0, last_word_0;
  logic [SlotWidth-1:0]     slot_0;
  logic [WordWidth-1:0]     word_0;
  logic [WA-1:0]            digit_0;

  product_scheduler #(
    .Slots(Slots), .WordWidth(WordWidth), .RowWidth(RowWidth), .RowDistance(RowDistance)
  ) u_scheduler (
    .clk_i, .rst_ni, .clear_i, .last_word_i, .rows_i, .start_i,
    .row_ready_i(digit_ready), .digit_next_o(digit_next),
    .valid_o(pick_valid), .slot_o(pick_slot), .word_o(pick_word),
    .first_row_o(pick_first), .last_row_o(pick_last_row), .last_word_o(pick_last_word)
  );

  assign row_o = pick_valid;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_0 <= 1'b0;
    else valid_0 <= pick_valid && !clear_i;
  end

  always_ff @(posedge clk_i) begin
    first_0     <= pick_first;
    last_row_0  <= pick_last_row;
    last_word_0 <= pick_last_word;
    slot_0      <= pick_slot;
    word_0      <= pick_word;
    // A row keeps the digit that it began with.
    if (clear_i) digit_0 <= '0;
    else if (digit_next != '0) digit_0 <= digits[pick_slot];
  end

  // Index k: k cycles after stage 0.
  logic [8:1]                valid_q, last_row_q, last_word_q;
  logic [2:1]                first_row_q;
  logic [8:1][SlotWidth-1:0] slot_q;
  logic [8:1][WordWidth-1:0] word_q;
  logic [5:1][WA-1:0]        digit_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= clear_i ? '0 : {valid_q[7:1], valid_0};
  end

  always_ff @(posedge clk_i) begin
    first_row_q  <= {first_row_q[1], first_0};
    last_row_q   <= {last_row_q[7:1], last_row_0};
    last_word_q  <= {last_word_q[7:1], last_word_0};
    slot_q       <= {slot_q[7:1], slot_0};
    word_q       <= {word_q[7:1], word_0};
    digit_q      <= clear_i ? '0 : {digit_q[4:1], digit_0};
  end

  // ---- digits into the memories: the normalizer first, then who loads operands ----
  logic                 norm_valid, norm_first, norm_last;
  logic [SlotWidth-1:0] norm_slot;
  logic [ColWidth-1:0]  norm_index;
  logic [WB-1:0]        norm_digit;

  // A cycle later, so that the lanes of all memories are written from flip-flops.
  logic                  in_valid_q, in_entry_q;  // in_entry_q: an entry takes it, too
  logic [2:0]            in_dest_q;
  logic [SlotWidth-1:0]  in_slot_q;
  logic [ColWidth-1:0]   in_index_q;
  logic [WB-1:0]         in_digit_q;
  logic [engine_pkg::EntryWidth-1:0] in_to_q;
  logic [Columns-1:0]    in_lane;
  logic [Columns*WB-1:0] in_word;
  logic [WB-1:0]         in_digit;

  assign write_ready_o = !norm_valid;
  assign in_digit = norm_valid ? norm_digit : write_digit_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      in_valid_q <= 1'b0;
      in_entry_q <= 1'b0;
    end else begin
      in_valid_q <= (norm_valid || write_valid_i) && !clear_i;
      in_entry_q <= (norm_valid || (write_valid_i && (write_dest_i == engine_pkg::DestEntry))) && !clear_i;
    end
  end

  always_ff @(posedge clk_i) begin
    in_slot_q   <= norm_valid ? norm_slot : write_slot_i;
    in_index_q  <= norm_valid ? norm_index : write_index_i;
    in_dest_q   <= norm_valid ? engine_pkg::DestDigits : write_dest_i;
    in_to_q     <= norm_valid ? to_i[norm_slot] : engine_pkg::EntryOperand;
    in_digit_q  <= clear_i ? '0 : in_digit;
  end

  always_comb begin
    in_lane = '0;
    in_lane[in_index_q[LaneBits-1:0]] = 1'b1;
    in_word = {Columns{in_digit_q}};
  end

  logic we_modulus, we_rsquared;
  assign we_modulus  = in_valid_q && (in_dest_q == engine_pkg::DestModulus);
  assign we_rsquared = in_valid_q && (in_dest_q == engine_pkg::DestRsquared);

  // ---- operands ----
  logic [Columns*WB-1:0]   n_digits, rsquared_word, entry_word;
  logic [Columns*WV-1:0]   v_word, v_in, v_out, drain_word;
  logic [Columns*WB-1:0]   b_digits;
  logic [Slots-1:0][WA-1:0] q_q;
  logic [WA-1:0]            q_2, q_held_q;
  logic [SlotWidth+WordWidth-1:0] drain_raddr;
  logic n_bad, rsquared_bad, entry_bad, b_bad;
  logic [Slots-1:0] feeder_bad;
  logic [1:0] unused_bad;

  secret_ram #(
    .AddrWidth(ContextWidth + WordWidth), .Lanes(Columns), .LaneWidth(WB), .ReadStages(2), .Parity(1)
  ) u_modulus (
    .clk_i, .sweep_i, .sweep_addr_i(context_sweep_addr_i),
    .we_i(in_lane & {Columns{we_modulus}}), .waddr_i({context_i, in_index_q[ColWidth-1:LaneBits]}), .wdata_i(in_word),
    .raddr_i({context_i, word_0}), .rdata_o(n_digits), .bad_o(n_bad)
  );

  secret_ram #(
    .AddrWidth(ContextWidth + WordWidth), .Lanes(Columns), .LaneWidth(WB), .ReadStages(2), .Parity(1)
  ) u_rsquared (
    .clk_i, .sweep_i, .sweep_addr_i(context_sweep_addr_i),
    .we_i(in_lane & {Columns{we_rsquared}}), .waddr_i({context_i, in_index_q[ColWidth-1:LaneBits]}), .wdata_i(in_word),
    .raddr_i({context_i, word_q[3]}), .rdata_o(rsquared_word), .bad_o(rsquared_bad)
  );

  // Stage 3: which entry is behind a choice of slots.
  logic [SlotWidth+engine_pkg::EntryWidth+WordWidth-1:0] entry_raddr_q;
  always_ff @(posedge clk_i) entry_raddr_q <= {slot_q[2], entry_i[slot_q[2]], word_q[2]};

  secret_ram #(
    .AddrWidth(SlotWidth + engine_pkg::EntryWidth + WordWidth), .Lanes(Columns), .LaneWidth(WB), .ReadStages(2), .Parity(1)
  ) u_entries (
    .clk_i, .sweep_i, .sweep_addr_i(sweep_addr_i[SlotWidth+engine_pkg::EntryWidth+WordWidth-1:0]),
    .we_i(in_lane & {Columns{in_entry_q}}), .waddr_i({in_slot_q, in_to_q, in_index_q[ColWidth-1:LaneBits]}), .wdata_i(in_word),
    .raddr_i(entry_raddr_q), .rdata_o(entry_word), .bad_o(entry_bad)
  );

  secret_ram #(
    .AddrWidth(SlotWidth + WordWidth), .Lanes(1), .LaneWidth(Columns * WV), .ReadStages(2)
  ) u_columns (
    .clk_i, .sweep_i, .sweep_addr_i(sweep_addr_i[SlotWidth+WordWidth-1:0]),
    .we_i(valid_q[8] && !last_row_q[8]), .waddr_i({slot_q[8], word_q[8]}), .wdata_i(v_out),
    .raddr_i({slot_0, word_0}), .rdata_o(v_word), .bad_o(unused_bad[0])
  );

  secret_ram #(
    .AddrWidth(SlotWidth + WordWidth), .Lanes(1), .LaneWidth(Columns * WV), .ReadStages(1)
  ) u_drain (
    .clk_i, .sweep_i, .sweep_addr_i(sweep_addr_i[SlotWidth+WordWidth-1:0]),
    .we_i(valid_q[8] && last_row_q[8]), .waddr_i({slot_q[8], word_q[8]}), .wdata_i(v_out),
    .raddr_i(drain_raddr), .rdata_o(drain_word), .bad_o(unused_bad[1])
  );

  for (genvar s = 0; s < Slots; s++) begin : gen_feeder
    digit_feeder #(
      .WA(WA), .WB(WB), .ColWidth(ColWidth)
    ) u_feeder (
      .clk_i, .clear_i, .sweep_i, .sweep_addr_i(sweep_addr_i[ColWidth-1:0]),
      .columns_i({1'b0, last_word_i, {LaneBits{1'b1}}} + 1'b1),
      .we_i(in_valid_q && (in_dest_q == engine_pkg::DestDigits) && (in_slot_q == SlotWidth'(s))), .wcol_i(in_index_q),
      .wdata_i(in_digit_q),
      .start_i(start_i[s]), .one_i(one_i[s]), .next_i(digit_next[s]),
      .bad_o(feeder_bad[s]), .ready_o(digit_ready[s]), .digit_o(digits[s])
    );
  end

  // ---- the array ----
  always_comb begin
    b_digits = entry_word;
    b_bad    = entry_bad;
    if (from_i[slot_q[5]] == engine_pkg::FromRsquared) begin
      b_digits = rsquared_word;
      b_bad    = rsquared_bad;
    end else if (from_i[slot_q[5]] == engine_pkg::FromOne) begin
      b_digits = (Columns*WB)'(word_q[5] == '0);
      b_bad    = 1'b0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) parity_error_o <= 1'b0;
    else parity_error_o <= (valid_q[2] && n_bad) || (valid_q[5] && b_bad) || (feeder_bad != '0);
  end

  // Held for the whole row: a row of more words than RowDistance gives its own quotient before its last word has come.
  always_comb begin
    q_2 = q_held_q;
    if (first_row_q[2]) q_2 = '0;
    else if (word_q[2] == '0) q_2 = q_q[slot_q[2]];
  end

  always_ff @(posedge clk_i) q_held_q <= clear_i ? '0 : q_2;

  assign v_in = first_row_q[2] ? '0 : v_word;

  multiplier_array #(
    .WA(WA), .WB(WB), .Columns(Columns)
  ) u_array (
    .clk_i,
    .v_i(v_in), .n_i(n_digits), .q_i(q_2), .last_word_i(last_word_q[2]),
    .b_i(b_digits), .a_i(digit_q[5]), .v_o(v_out)
  );

  // ---- the quotient digit of the next row: three cycles after the row's lowest column ----
  logic [WA-1:0]        low_9_q, n0_9_q;
  logic [WA-1:0]        quotient_10_q;
  logic [SlotWidth-1:0] slot_9_q, slot_10_q;
  logic                 valid_9_q, valid_10_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_9_q  <= 1'b0;
      valid_10_q <= 1'b0;
    end else begin
      valid_9_q  <= valid_q[8] && (word_q[8] == '0) && !clear_i;
      valid_10_q <= valid_9_q && !clear_i;
    end
  end

  always_ff @(posedge clk_i) begin
    low_9_q       <= v_out[WA-1:0];
    n0_9_q        <= n0_i;
    slot_9_q      <= slot_q[8];
    quotient_10_q <= WA'(low_9_q * n0_9_q);
    slot_10_q     <= slot_9_q;
    // Compared slot by slot: a variable index of a write would be multiplied by WA.
    for (int unsigned s = 0; s < Slots; s++) begin
      if (clear_i) q_q[s] <= '0;
      else if (valid_10_q && (slot_10_q == SlotWidth'(s))) q_q[s] <= quotient_10_q;
    end
  end

  // ---- results ----
  logic [Slots-1:0] drained;

  always_comb begin
    drained = '0;
    drained[slot_q[8]] = valid_q[8] && last_row_q[8] && last_word_q[8];
  end

  normalizer #(
    .WA(WA), .WB(WB), .Columns(Columns), .Slots(Slots), .WordWidth(WordWidth)
  ) u_normalizer (
    .clk_i, .rst_ni, .clear_i, .last_word_i, .pending_i(drained),
    .raddr_o(drain_raddr), .rdata_i(drain_word),
    .digit_valid_o(norm_valid), .slot_o(norm_slot), .index_o(norm_index), .first_o(norm_first), .last_o(norm_last),
    .digit_o(norm_digit), .done_o
  );

  assign result_valid_o = norm_valid;
  assign result_slot_o  = norm_slot;
  assign result_first_o = norm_first;
  assign result_last_o  = norm_last;
  assign result_digit_o = norm_digit;

endmodule
