// Turns the columns that a product ends with into digits: one carry that runs from the lowest column upwards.
//
// pending_i[s] says that the columns of slot s wait in the drain memory; they are read through raddr_o (latency 1), one column a
// cycle. digit_valid_o, digit_o, index_o and slot_o give the digits of WB bits, index 0 first, without a gap; done_o[s] pulses 3
// cycles after the last digit, when everything that listens to the digits is done with them.
// Cycles: columns + 6. Which slot comes first depends on when its product ended alone.
// The carry is zeroized at the start of each number; the sum's registers are overwritten by the next one or by zeros after a sweep.

module normalizer #(
  parameter int unsigned WA        = 17,
  parameter int unsigned WB        = 26,
  parameter int unsigned Columns   = 16,
  parameter int unsigned Slots     = 4,
  parameter int unsigned WordWidth = 4,
  localparam int unsigned WV        = WA + WB + 1,
  localparam int unsigned LaneWidth = $clog2(Columns),
  localparam int unsigned ColWidth  = WordWidth + LaneWidth,
  localparam int unsigned SlotWidth = (Slots > 1) ? $clog2(Slots) : 1
) (
  input  logic                           clk_i,
  input  logic                           rst_ni,
  input  logic                           clear_i,
  input  logic [WordWidth-1:0]           last_word_i,
  input  logic [Slots-1:0]               pending_i,
  output logic [SlotWidth+WordWidth-1:0] raddr_o,
  input  logic [Columns*WV-1:0]          rdata_i,
  output logic                           digit_valid_o,
  output logic [SlotWidth-1:0]           slot_o,
  output logic [ColWidth-1:0]            index_o,
  output logic                           first_o,
  output logic                           last_o,
  output logic [WB-1:0]                  digit_o,
  output logic [Slots-1:0]               done_o
);

  // Column sums: V < 2^WV and a carry below 2^(WV - WB + 1).
  localparam int unsigned CarryWidth = WV - WB + 1;

  logic [Slots-1:0]     waiting_q;
  logic                 running_q;
  logic [SlotWidth-1:0] slot_q, slot_d;
  logic [ColWidth-1:0]  column_q;
  logic                 last_column;

  // Columns travel: address, memory output, lane, sum.
  logic                 valid_1_q, valid_2_q, valid_3_q, last_1_q, last_2_q, last_3_q;
  logic [SlotWidth-1:0] slot_1_q, slot_2_q, slot_3_q;
  logic [ColWidth-1:0]  column_1_q, column_2_q, column_3_q;
  logic [WV-1:0]        value_2_q;
  logic [WB-1:0]        digit_3_q;
  logic [CarryWidth-1:0] carry_q, carry_in;
  logic [WV:0]          sum;
  logic [2:0]           tail_q;

  assign last_column = column_q == {last_word_i, {LaneWidth{1'b1}}};
  assign raddr_o     = {slot_q, column_q[ColWidth-1:LaneWidth]};

  always_comb begin
    slot_d = '0;
    for (int unsigned s = Slots; s > 0; s--) begin
      if (waiting_q[s-1]) slot_d = SlotWidth'(s - 1);
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      waiting_q <= '0;
      running_q <= 1'b0;
      slot_q    <= '0;
      column_q  <= '0;
      tail_q    <= '0;
    end else begin
      waiting_q <= waiting_q | pending_i;
      tail_q    <= {tail_q[1:0], valid_3_q && last_3_q};
      if (!running_q) begin
        column_q <= '0;
        // A number at a time: what listens to the digits may need the cycles after the last one.
        if (waiting_q != '0 && !valid_1_q && !valid_2_q && !valid_3_q && tail_q == '0) begin
          running_q         <= 1'b1;
          slot_q            <= slot_d;
          waiting_q[slot_d] <= pending_i[slot_d];
        end
      end else begin
        column_q <= column_q + 1'b1;
        if (last_column) running_q <= 1'b0;
      end
      if (clear_i) begin
        waiting_q <= '0;
        running_q <= 1'b0;
        tail_q    <= '0;
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_1_q <= 1'b0;
      valid_2_q <= 1'b0;
      valid_3_q <= 1'b0;
    end else begin
      valid_1_q <= running_q && !clear_i;
      valid_2_q <= valid_1_q && !clear_i;
      valid_3_q <= valid_2_q && !clear_i;
    end
  end

  assign carry_in = (column_2_q == '0) ? '0 : carry_q;
  assign sum      = (WV+1)'(value_2_q) + (WV+1)'(carry_in);

  always_ff @(posedge clk_i) begin
    slot_1_q   <= slot_q;
    column_1_q <= column_q;
    last_1_q   <= last_column;
    slot_2_q   <= slot_1_q;
    column_2_q <= column_1_q;
    last_2_q   <= last_1_q;
    value_2_q  <= rdata_i[column_1_q[LaneWidth-1:0]*WV +: WV];
    slot_3_q   <= slot_2_q;
    column_3_q <= column_2_q;
    last_3_q   <= last_2_q;
    digit_3_q  <= sum[WB-1:0];
    carry_q    <= sum[WV:WB];
  end

  assign digit_valid_o = valid_3_q;
  assign slot_o        = slot_3_q;
  assign index_o       = column_3_q;
  assign first_o       = column_3_q == '0;
  assign last_o        = last_3_q;
  assign digit_o       = digit_3_q;

  always_comb begin
    done_o = '0;
    // No other number starts before the tail is over, so that slot_q still names the slot.
    done_o[slot_3_q] = tail_q[2];
  end

endmodule
