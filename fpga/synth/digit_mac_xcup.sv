// digit_mac in one DSP48E2: A, B, C, M and P registers, P = C + A * B. Takes the place of fpga/rtl/digit_mac.sv.
// The multiplier is 27 x 18 signed: WX is at most 26, WY at most 17, WC and WP at most 48.

module digit_mac #(
  parameter int unsigned WX = 26,
  parameter int unsigned WY = 17,
  parameter int unsigned WC = 44,
  parameter int unsigned WP = 45
) (
  input  logic          clk_i,
  input  logic [WX-1:0] x_i,
  input  logic [WY-1:0] y_i,
  input  logic [WC-1:0] c_i,
  output logic [WP-1:0] p_o
);

  logic [47:0] p;

  DSP48E2 #(
    .AREG(1), .ACASCREG(1), .BREG(1), .BCASCREG(1), .CREG(1), .MREG(1), .PREG(1),
    .ADREG(0), .DREG(0), .INMODEREG(0), .ALUMODEREG(0), .CARRYINREG(0), .CARRYINSELREG(0), .OPMODEREG(0),
    .USE_MULT("MULTIPLY"), .USE_SIMD("ONE48")
  ) u_dsp (
    .CLK(clk_i), .A({3'b0, 27'(x_i)}), .B({1'b0, 17'(y_i)}), .C(48'(c_i)), .D(27'd0), .CARRYIN(1'b0),
    .OPMODE(9'b00_011_01_01), .ALUMODE(4'd0), .INMODE(5'd0), .CARRYINSEL(3'd0),
    .CEA1(1'b0), .CEA2(1'b1), .CEB1(1'b0), .CEB2(1'b1), .CEC(1'b1), .CEM(1'b1), .CEP(1'b1), .CEAD(1'b0), .CED(1'b0),
    .CEALUMODE(1'b1), .CECARRYIN(1'b0), .CECTRL(1'b1), .CEINMODE(1'b1),
    .RSTA(1'b0), .RSTB(1'b0), .RSTC(1'b0), .RSTM(1'b0), .RSTP(1'b0), .RSTD(1'b0), .RSTALLCARRYIN(1'b0), .RSTALUMODE(1'b0),
    .RSTCTRL(1'b0), .RSTINMODE(1'b0), .ACIN(30'd0), .BCIN(18'd0), .PCIN(48'd0), .CARRYCASCIN(1'b0), .MULTSIGNIN(1'b0),
    .P(p)
  );

  assign p_o = p[WP-1:0];

endmodule
