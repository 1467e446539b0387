// Keeps the multipliers busy: picks, row by row, which slot's Montgomery product goes on.
//
// A product is rows_i rows, one for each digit of the multiplier operand, and a row is words_i words in consecutive cycles. Rows of
// one slot start at least RowDistance cycles apart, because a row needs the quotient digit that the row before gives; the rows
// of other slots fill the time between. Slots are served in turn. Which slot is picked depends on widths and on when products were
// started, never on data.
//
// start_i[s] begins a product of a slot whose last product is over. The outputs describe the word that is issued in this cycle:
// slot_o, word_o, and whether it is in the product's first or last row, and the last in its row. digit_next_o[s] is high in
// the cycle in which a row of slot s starts and takes its digit. row_ready_i[s]: the slot's next digit is there.

module product_scheduler #(
  parameter int unsigned Slots       = 4,
  parameter int unsigned WordWidth   = 4,
  parameter int unsigned RowWidth    = 9,
  parameter int unsigned RowDistance = 9,
  localparam int unsigned SlotWidth  = (Slots > 1) ? $clog2(Slots) : 1
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 clear_i,
  input  logic [WordWidth-1:0] last_word_i,
  input  logic [RowWidth-1:0]  rows_i,
  input  logic [Slots-1:0]     start_i,
  input  logic [Slots-1:0]     row_ready_i,
  output logic [Slots-1:0]     digit_next_o,
  output logic                 valid_o,
  output logic [SlotWidth-1:0] slot_o,
  output logic [WordWidth-1:0] word_o,
  output logic                 first_row_o,
  output logic                 last_row_o,
  output logic                 last_word_o
);

  localparam int unsigned WaitWidth = $clog2(RowDistance + 1);

  logic [Slots-1:0]                active_q, ready, first_q;
  logic [Slots-1:0][RowWidth-1:0]  left_q;
  logic [Slots-1:0][WaitWidth-1:0] wait_q;

  // The row that is being issued, past its first word.
  logic                 in_row_q, first_row_q, last_row_q;
  logic [SlotWidth-1:0] slot_q;
  logic [WordWidth-1:0] word_q;

  logic                 found, begin_row;
  logic [SlotWidth-1:0] candidate, chosen;

  always_comb begin
    for (int unsigned s = 0; s < Slots; s++) begin
      ready[s] = active_q[s] && (wait_q[s] == '0) && row_ready_i[s];
    end
  end

  // Round robin: the first ready slot after the one that was served last.
  always_comb begin
    found     = 1'b0;
    chosen    = slot_q;
    candidate = slot_q;
    for (int unsigned k = 0; k < Slots; k++) begin
      candidate = (candidate == SlotWidth'(Slots - 1)) ? '0 : candidate + 1'b1;
      if (!found && ready[candidate]) begin
        found  = 1'b1;
        chosen = candidate;
      end
    end
  end

  assign begin_row = !in_row_q && found;

  assign valid_o     = in_row_q || found;
  assign slot_o      = in_row_q ? slot_q : chosen;
  assign word_o      = in_row_q ? word_q : '0;
  assign last_word_o = word_o == last_word_i;
  assign first_row_o = in_row_q ? first_row_q : first_q[chosen];
  assign last_row_o  = in_row_q ? last_row_q : (left_q[chosen] == RowWidth'(1));

  always_comb begin
    digit_next_o = '0;
    digit_next_o[chosen] = begin_row;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q    <= '0;
      first_q     <= '0;
      left_q      <= '0;
      wait_q      <= '0;
      in_row_q    <= 1'b0;
      slot_q      <= '0;
      word_q      <= '0;
      first_row_q <= 1'b0;
      last_row_q  <= 1'b0;
    end else begin
      in_row_q    <= valid_o && !last_word_o;
      slot_q      <= slot_o;
      word_q      <= word_o + 1'b1;
      first_row_q <= first_row_o;
      last_row_q  <= last_row_o;
      for (int unsigned s = 0; s < Slots; s++) begin
        if (wait_q[s] != '0) wait_q[s] <= wait_q[s] - 1'b1;
        if (start_i[s]) begin
          active_q[s] <= 1'b1;
          first_q[s]  <= 1'b1;
          left_q[s]   <= rows_i;
        end
        if (digit_next_o[s]) begin
          wait_q[s]  <= WaitWidth'(RowDistance - 1);
          first_q[s] <= 1'b0;
          left_q[s]  <= left_q[s] - 1'b1;
          if (left_q[s] == RowWidth'(1)) active_q[s] <= 1'b0;
        end
      end
      if (clear_i) begin
        active_q <= '0;
        in_row_q <= 1'b0;
      end
    end
  end

endmodule
