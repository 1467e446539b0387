// One channel of a valid/ready handshake, cut on both sides: payload, valid and ready all come from registers.
//
// Holds up to two transfers. Latency one cycle, one transfer a cycle. An offered payload stays until it is taken.
// A payload register that holds no transfer holds zeros: what was transferred is gone a cycle later.

module register_slice #(
  parameter int unsigned Width = 64
) (
  input  logic             clk_i,
  input  logic             rst_ni,

  input  logic             valid_i,
  output logic             ready_o,
  input  logic [Width-1:0] data_i,

  output logic             valid_o,
  input  logic             ready_i,
  output logic [Width-1:0] data_o
);

  logic             front_valid_q, back_valid_q;
  logic [Width-1:0] front_q, back_q;

  logic accept, advance;
  assign accept  = valid_i && ready_o;
  assign advance = !front_valid_q || ready_i;

  // The second register is used only while the first is blocked.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      front_valid_q <= 1'b0;
      back_valid_q  <= 1'b0;
    end else if (advance) begin
      front_valid_q <= back_valid_q || accept;
      back_valid_q  <= 1'b0;
    end else if (accept) begin
      back_valid_q <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (advance) begin
      front_q <= back_valid_q ? back_q : data_i & {Width{valid_i}};
      back_q  <= '0;
    end else if (accept) begin
      back_q <= data_i;
    end
  end

  assign ready_o = !back_valid_q;
  assign valid_o = front_valid_q;
  assign data_o  = front_q;

`ifdef FORMAL_REGISTER_SLICE
`include "register_slice_properties.svh"
`endif

endmodule
