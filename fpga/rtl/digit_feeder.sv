// The multiplier operand of one slot: stored in digits of WB bits, handed out in digits of WA <= WB bits, lowest first.
//
// start_i begins a product: with one_i the operand is the number 1, otherwise what was last written. digit_o is valid while ready_o
// is high, which it is at most 4 cycles after start_i and 3 cycles after next_i, which steps to the next digit. After the last
// column that the operand has, digits are zero. Columns are written in any order between products (we_i).
// A sweep zeroizes the memory; the shift register is zeroized by clear_i. bad_o: a column is taken in that has a bit flipped.

module digit_feeder #(
  parameter int unsigned WA       = 17,
  parameter int unsigned WB       = 26,
  parameter int unsigned ColWidth = 8
) (
  input  logic                clk_i,
  input  logic                clear_i,
  input  logic                sweep_i,
  input  logic [ColWidth-1:0] sweep_addr_i,
  input  logic [ColWidth:0]   columns_i,
  input  logic                we_i,
  input  logic [ColWidth-1:0] wcol_i,
  input  logic [WB-1:0]       wdata_i,
  input  logic                start_i,
  input  logic                one_i,
  input  logic                next_i,
  output logic                bad_o,
  output logic                ready_o,
  output logic [WA-1:0]       digit_o
);

  localparam int unsigned Bits = WA + WB - 1;
  localparam int unsigned CountWidth = $clog2(Bits + 1);
  localparam logic [CountWidth-1:0] Digit = CountWidth'(WA);
  localparam logic [CountWidth-1:0] Column = CountWidth'(WB);

  logic [Bits-1:0]       bits_q;
  logic [CountWidth-1:0] count_q;
  logic [ColWidth:0]     col_q;
  logic                  one_q, fresh_q;
  logic [WB-1:0]         stored, column;
  logic                  stored_bad;

  secret_ram #(
    .AddrWidth(ColWidth), .Lanes(1), .LaneWidth(WB), .ReadStages(1), .Parity(1)
  ) u_store (
    .clk_i, .sweep_i, .sweep_addr_i,
    .we_i, .waddr_i(wcol_i), .wdata_i,
    .raddr_i(col_q[ColWidth-1:0]), .rdata_o(stored), .bad_o(stored_bad)
  );

  assign ready_o = count_q >= Digit;
  assign digit_o = bits_q[WA-1:0];
  assign bad_o   = stored_bad && fresh_q && !ready_o && !next_i && !start_i && !clear_i && !one_q && (col_q < columns_i);
  // fresh_q: the memory's output belongs to col_q.
  assign column = one_q ? WB'(col_q == '0) : (col_q < columns_i) ? stored : '0;

  always_ff @(posedge clk_i) begin
    fresh_q <= !start_i;
    if (clear_i || start_i) begin
      bits_q  <= '0;
      count_q <= '0;
      col_q   <= '0;
      one_q   <= one_i && !clear_i;
    end else if (next_i) begin
      bits_q  <= bits_q >> WA;
      count_q <= count_q - Digit;
    end else if (!ready_o && fresh_q) begin
      bits_q  <= bits_q | (Bits'(column) << count_q);
      count_q <= count_q + Column;
      col_q   <= col_q + 1'b1;
      fresh_q <= 1'b0;
    end
  end

endmodule
