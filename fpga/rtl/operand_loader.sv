// Fetches operands: words of 64 bits in, digits of WB bits or words out, and the checks that need to see every word.
//
// A request (valid until ready) names the place in memory, the number of words, the destination and the check. Words for
// DestExponent go to the slots' exponent memories as they are (word_*); all others leave as digits (digit_*), as many as the modulus
// has columns: columns_i, with zeros above the operand. DestModulus also gives its words on word_*.
// Checks: below N (CheckBelow, against modulus_i, latency 1 from modulus_addr_o), no bit at or above exponent_bits_i (CheckBits),
// both 32-bit halves below vector_items_i or all ones (CheckIndices), odd and above 1 (CheckModulus).
// done_o pulses at the end with bad_o (the check failed) and failed_o (the memory reported an error; contents are undefined).
// Cycles: the memory's own, then at most 4 a word of 64 bits while digit_ready_i is high; the same for all operands of a width.
// clear_i drops the request and zeroizes the shift register. parity_error_o pulses when a word of the modulus that was compared with has a
// bit flipped (modulus_bad_i).

module operand_loader #(
  parameter int unsigned WB       = 26,
  parameter int unsigned ColWidth = 8
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                clear_i,
  input  logic [ColWidth:0]   columns_i,
  input  logic [15:0]         exponent_bits_i,
  input  logic [31:0]         vector_items_i,

  input  logic                valid_i,
  output logic                ready_o,
  input  logic [63:0]         addr_i,
  input  logic                space_i,
  input  logic [6:0]          words_i,
  input  logic [2:0]          dest_i,
  input  logic [1:0]          check_i,
  output logic                done_o,
  output logic                bad_o,
  output logic                failed_o,
  output logic                space_o,

  output logic [6:0]          modulus_addr_o,
  input  logic [63:0]         modulus_i,
  input  logic                modulus_bad_i,
  output logic                parity_error_o,

  output logic                word_valid_o,
  output logic [6:0]          word_index_o,
  output logic [63:0]         word_o,
  output logic [2:0]          dest_o,
  output logic                digit_valid_o,
  input  logic                digit_ready_i,
  output logic [ColWidth-1:0] digit_index_o,
  output logic [WB-1:0]       digit_o,

  output logic                rd_req_valid_o,
  input  logic                rd_req_ready_i,
  output logic                rd_req_space_o,
  output logic [63:0]         rd_req_addr_o,
  output logic [8:0]          rd_req_words_o,
  input  logic                rd_valid_i,
  output logic                rd_ready_o,
  input  logic [63:0]         rd_data_i,
  input  logic                rd_error_i
);


  localparam int unsigned Bits = 64 + WB - 1;
  localparam int unsigned CountWidth = $clog2(Bits + 1);
  localparam logic [CountWidth-1:0] Digit = CountWidth'(WB);

  typedef enum logic [2:0] { StIdle, StRequest, StData, StPad, StCheck, StDone } state_e;
  state_e state_q, state_d;

  logic [63:0] addr_q;
  logic        space_q;
  logic [6:0]  words_q, index_q;
  logic [2:0]  dest_q;
  logic [1:0]  check_q;

  logic                  to_words, take, push, emit, last_digit;
  logic [Bits-1:0]       bits_q;
  logic [CountWidth-1:0] count_q;
  logic [ColWidth:0]     column_q;

  assign to_words   = dest_q == engine_pkg::DestExponent;
  assign rd_ready_o = (state_q == StData) && (to_words || count_q < Digit);
  assign take       = rd_valid_i && rd_ready_o;
  assign push       = take && !to_words;

  // In StPad digits leave whether or not the shift register is full: what it lacks is zeros.
  assign digit_valid_o = (((state_q == StData) && (count_q >= Digit)) || (state_q == StPad)) && (column_q < columns_i);
  assign digit_index_o = column_q[ColWidth-1:0];
  assign digit_o       = bits_q[WB-1:0];
  assign emit          = digit_valid_o && digit_ready_i;
  assign last_digit    = emit && (column_q + 1'b1 == columns_i);

  always_comb begin
    state_d = state_q;
    unique case (state_q)
      StIdle:    if (valid_i) state_d = StRequest;
      StRequest: if (rd_req_ready_i) state_d = StData;
      StData:    if (take && (index_q + 7'd1 == words_q)) state_d = to_words ? StCheck : StPad;
      StPad:     if (last_digit) state_d = StCheck;
      StCheck:   state_d = StDone;
      StDone:    state_d = StIdle;
      default:   state_d = StIdle;
    endcase
  end

  assign ready_o        = state_q == StIdle;
  assign done_o         = state_q == StDone;
  assign rd_req_valid_o = state_q == StRequest;
  assign rd_req_space_o = space_q;
  assign rd_req_addr_o  = addr_q;
  assign rd_req_words_o = 9'(words_q);
  assign space_o        = space_q;
  assign modulus_addr_o = index_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= StIdle;
    end else begin
      state_q <= clear_i ? StIdle : state_d;
    end
  end

  always_ff @(posedge clk_i) begin
    if (state_q == StIdle) begin
      addr_q   <= addr_i;
      space_q  <= space_i;
      words_q  <= words_i;
      dest_q   <= dest_i;
      check_q  <= check_i;
      index_q  <= '0;
      column_q <= '0;
    end else begin
      if (take) index_q <= index_q + 1'b1;
      if (emit) column_q <= column_q + 1'b1;
    end
    if (clear_i || state_q == StIdle) begin
      bits_q  <= '0;
      count_q <= '0;
    end else if (push) begin
      bits_q  <= bits_q | (Bits'(rd_data_i) << count_q);
      count_q <= count_q + CountWidth'(64);
    end else if (emit) begin
      bits_q  <= bits_q >> WB;
      count_q <= (count_q > Digit) ? count_q - Digit : '0;
    end
  end

  // ---- checks, one cycle behind the words ----
  logic        word_valid_q, failed_q, modulus_bad_q;
  logic [6:0]  word_index_q;
  logic [63:0] word_q, modulus_q, above_bits;
  logic        borrow_q, over_q, range_q, odd_q, one_q;
  logic [64:0] difference;
  logic        low_ok, high_ok;

  assign difference = {1'b0, word_q} - {1'b0, modulus_q} - 65'(borrow_q);
  logic unused_difference;
  assign unused_difference = ^difference[63:0];
  assign above_bits = ({9'd0, word_index_q} >= 16'(exponent_bits_i[15:6]) + 16'd1) ? word_q
                    : ({9'd0, word_index_q} == 16'(exponent_bits_i[15:6])) ? word_q >> exponent_bits_i[5:0] : '0;
  assign low_ok  = (word_q[31:0] < vector_items_i) || (&word_q[31:0]);
  assign high_ok = (word_q[63:32] < vector_items_i) || (&word_q[63:32]);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) word_valid_q <= 1'b0;
    else word_valid_q <= take && !clear_i;
  end

  always_ff @(posedge clk_i) begin
    word_q       <= rd_data_i;
    word_index_q <= index_q;
    modulus_q    <= modulus_i;
    modulus_bad_q <= modulus_bad_i;
    if (state_q == StIdle) begin
      borrow_q <= 1'b0;
      over_q   <= 1'b0;
      range_q  <= 1'b0;
      odd_q    <= 1'b0;
      one_q    <= 1'b1;
      failed_q <= 1'b0;
    end else if (word_valid_q) begin
      borrow_q <= difference[64];
      over_q   <= over_q || (above_bits != '0);
      range_q  <= range_q || !low_ok || !high_ok;
      if (word_index_q == '0) odd_q <= word_q[0];
      one_q    <= one_q && (word_q[63:1] == '0) && ((word_index_q == '0) || !word_q[0]);
    end
    if (take && rd_error_i) failed_q <= 1'b1;
  end

  always_comb begin
    unique case (check_q)
      engine_pkg::CheckBelow:   bad_o = !borrow_q;
      engine_pkg::CheckBits:    bad_o = over_q;
      engine_pkg::CheckIndices: bad_o = range_q;
      engine_pkg::CheckModulus: bad_o = !odd_q || one_q;
      default:      bad_o = 1'b1;
    endcase
  end
  assign failed_o = failed_q;
  assign parity_error_o = word_valid_q && (check_q == engine_pkg::CheckBelow) && modulus_bad_q;

  assign word_valid_o = word_valid_q && (to_words || dest_q == engine_pkg::DestModulus);
  assign word_index_o = word_index_q;
  assign word_o       = word_q;
  assign dest_o       = dest_q;

endmodule
