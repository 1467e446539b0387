// Results on their way out: digits of WB bits in, words of 64 bits below N out.
//
// A number y below 2N arrives as digits from the normalizer (emit_i with them). As its words form, y and y - N are both stored, and
// the borrow of the whole subtraction decides which one write requests get: always the same cycles. The modulus' words come
// through modulus_addr_o (latency 1).
// write_i[s] asks for the words of slot s to be written; the request goes out on wr_req_*, the words follow, and written_o[s]
// pulses when the memory has them. failed_o pulses with it if the memory reported an error.
// parity_error_o pulses when a word of the modulus that was subtracted has a bit flipped (modulus_bad_i).
// The sweep zeroizes the memory; clear_i zeroizes the shift register and drops all requests.

module result_buffer #(
  parameter int unsigned WB        = 26,
  parameter int unsigned Slots     = 4,
  localparam int unsigned SlotWidth = (Slots > 1) ? $clog2(Slots) : 1
) (
  input  logic                       clk_i,
  input  logic                       rst_ni,
  input  logic                       clear_i,
  input  logic                       sweep_i,
  input  logic [SlotWidth+6:0]       sweep_addr_i,
  input  logic [6:0]                 limbs_i,
  input  logic                       digit_valid_i,
  input  logic [SlotWidth-1:0]       slot_i,
  input  logic                       first_i,
  input  logic                       last_i,
  input  logic [WB-1:0]              digit_i,
  output logic [6:0]                 modulus_addr_o,
  input  logic [63:0]                modulus_i,
  input  logic                       modulus_bad_i,
  output logic                       parity_error_o,
  input  logic [Slots-1:0]           write_i,
  input  logic [Slots-1:0]           write_space_i,
  input  logic [Slots-1:0][63:0]     write_addr_i,
  output logic [Slots-1:0]           written_o,
  output logic                       failed_o,
  output logic                       failed_space_o,
  output logic                       wr_req_valid_o,
  input  logic                       wr_req_ready_i,
  output logic                       wr_req_space_o,
  output logic [63:0]                wr_req_addr_o,
  output logic [8:0]                 wr_req_words_o,
  output logic                       wr_valid_o,
  input  logic                       wr_ready_i,
  output logic [63:0]                wr_data_o,
  input  logic                       wr_done_i,
  input  logic                       wr_error_i
);

  // ---- digits to words ----
  localparam int unsigned Bits = 64 + WB - 1;
  localparam int unsigned CountWidth = $clog2(Bits + WB);

  logic [Bits-1:0]        bits_q, bits_in;
  logic [CountWidth-1:0]  count_q, count_in;
  logic [Bits+WB-1:0]     bits_sum;
  logic [CountWidth-1:0]  count_sum;
  logic                   word_full;
  logic [6:0]             word_q;
  logic                   top_q;

  assign bits_in   = first_i ? '0 : bits_q;
  assign count_in  = first_i ? '0 : count_q;
  assign bits_sum  = (Bits+WB)'(bits_in) | ((Bits+WB)'(digit_i) << count_in);
  assign count_sum = count_in + CountWidth'(WB);
  assign word_full = count_sum >= CountWidth'(64);

  // The word that is complete, a cycle later, next to the modulus' word; first and top say where in the number it is.
  logic                   out_valid_q, out_first_q, out_end_q;
  logic [63:0]            out_q;
  logic [6:0]             out_word_q;
  logic [SlotWidth-1:0]   out_slot_q;

  always_ff @(posedge clk_i) begin
    if (clear_i) begin
      bits_q  <= '0;
      count_q <= '0;
      word_q  <= '0;
      top_q   <= 1'b0;
    end else if (digit_valid_i) begin
      bits_q  <= word_full ? Bits'(bits_sum >> 64) : bits_sum[Bits-1:0];
      count_q <= word_full ? count_sum - CountWidth'(64) : count_sum;
      word_q  <= (first_i ? '0 : word_q) + 7'(word_full);
      // The bit above the modulus' width is in the last, perhaps incomplete, word, or left over of it.
      if (first_i) top_q <= 1'b0;
      else if (word_q == limbs_i && (word_full || last_i)) top_q <= bits_sum[0];
      else if (word_q + 7'd1 == limbs_i && word_full && last_i) top_q <= bits_sum[64];
    end
    out_q       <= bits_sum[63:0];
    out_word_q  <= first_i ? '0 : word_q;
    out_slot_q  <= slot_i;
    out_first_q <= (first_i ? '0 : word_q) == '0;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      out_valid_q    <= 1'b0;
      out_end_q      <= 1'b0;
      parity_error_o <= 1'b0;
    end else begin
      parity_error_o <= out_valid_q && modulus_bad_i && !clear_i;
      out_valid_q    <= digit_valid_i && word_full && ((first_i ? 7'd0 : word_q) < limbs_i) && !clear_i;
      out_end_q      <= digit_valid_i && last_i && !clear_i;
    end
  end

  // Digits come at least two cycles apart for each word, so that the word's address has reached the memory by the time.
  assign modulus_addr_o = word_q;

  logic        borrow_q, borrow_in;
  logic [64:0] difference;

  assign borrow_in  = out_first_q ? 1'b0 : borrow_q;
  assign difference = {1'b0, out_q} - {1'b0, modulus_i} - 65'(borrow_in);

  // ---- the memory: {y - N, y} ----
  logic [127:0]           stored;
  logic                   unused_bad;
  logic [SlotWidth+6:0]   raddr;
  logic [Slots-1:0]       reduce_q;

  secret_ram #(
    .AddrWidth(SlotWidth + 7), .Lanes(1), .LaneWidth(128), .ReadStages(1)
  ) u_words (
    .clk_i, .sweep_i, .sweep_addr_i,
    .we_i(out_valid_q), .waddr_i({out_slot_q, out_word_q}), .wdata_i({difference[63:0], out_q}),
    .raddr_i(raddr), .rdata_o(stored), .bad_o(unused_bad)
  );

  always_ff @(posedge clk_i) begin
    if (clear_i) borrow_q <= 1'b0;
    else if (out_valid_q) borrow_q <= difference[64];
    // y - N if it did not borrow beyond the top bit of y.
    if (clear_i) reduce_q <= '0;
    else if (out_end_q) reduce_q[out_slot_q] <= top_q || !(out_valid_q ? difference[64] : borrow_q);
  end

  // ---- words to memory ----
  typedef enum logic [1:0] { StIdle, StRequest, StData, StDone } state_e;
  state_e               state_q, state_d;
  logic [Slots-1:0]     asked_q;
  logic [SlotWidth-1:0] slot_q, slot_d, pick;
  logic [6:0]           index_q, index_d;
  logic                 fresh_q, fresh_d;

  always_comb begin
    pick = '0;
    for (int unsigned s = Slots; s > 0; s--) begin
      if (asked_q[s-1]) pick = SlotWidth'(s - 1);
    end
  end

  always_comb begin
    state_d   = state_q;
    slot_d    = slot_q;
    index_d   = index_q;
    fresh_d   = 1'b0;
    written_o = '0;
    unique case (state_q)
      StIdle: begin
        slot_d  = pick;
        index_d = '0;
        if (asked_q != '0) state_d = StRequest;
      end
      StRequest: begin
        fresh_d = 1'b1;
        if (wr_req_ready_i) state_d = StData;
      end
      StData: begin
        fresh_d = 1'b1;
        if (wr_valid_o && wr_ready_i) begin
          index_d = index_q + 1'b1;
          if (index_d == limbs_i) state_d = StDone;
        end
      end
      StDone: begin
        if (wr_done_i) begin
          written_o[slot_q] = 1'b1;
          state_d = StIdle;
        end
      end
      default: state_d = StIdle;
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= StIdle;
      asked_q <= '0;
      slot_q  <= '0;
      index_q <= '0;
      fresh_q <= 1'b0;
    end else if (clear_i) begin
      state_q <= StIdle;
      asked_q <= '0;
      fresh_q <= 1'b0;
    end else begin
      state_q <= state_d;
      asked_q <= (asked_q | write_i) & ~written_o;
      slot_q  <= slot_d;
      index_q <= index_d;
      fresh_q <= fresh_d;
    end
  end

  assign raddr          = {slot_q, index_d};
  assign wr_req_valid_o = state_q == StRequest;
  assign wr_req_space_o = write_space_i[slot_q];
  assign wr_req_addr_o  = write_addr_i[slot_q];
  assign wr_req_words_o = 9'(limbs_i);
  assign wr_valid_o     = (state_q == StData) && fresh_q;
  assign wr_data_o      = reduce_q[slot_q] ? stored[127:64] : stored[63:0];
  assign failed_o       = (state_q == StDone) && wr_done_i && wr_error_i;
  assign failed_space_o = write_space_i[slot_q];

endmodule
