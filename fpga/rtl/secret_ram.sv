// Simple dual-port memory for secrets: one write port with an enable a lane, one read port, and a sweep that zeroizes it.
//
// Read latency: ReadStages cycles (1 or 2). A write is seen by reads of later cycles; what a read gives of a word that is
// written in the same cycle is undefined, and nobody here uses it. While sweep_i is high, the word at sweep_addr_i is written
// with zeros in each cycle, other writes are dropped, and the read port reads the swept word of the cycle before, so that the
// output registers are left zero as well. Contents are undefined until the first sweep, which the engine does after power-up.
// Parity = 1: a bit more a lane makes its number of ones even; bad_o: a lane of what is on rdata_o has an odd number.

module secret_ram #(
  parameter int unsigned AddrWidth  = 8,
  parameter int unsigned Lanes      = 1,
  parameter int unsigned LaneWidth  = 64,
  parameter int unsigned ReadStages = 1,
  parameter int unsigned Parity     = 0
) (
  input  logic                       clk_i,
  input  logic                       sweep_i,
  input  logic [AddrWidth-1:0]       sweep_addr_i,
  input  logic [Lanes-1:0]           we_i,
  input  logic [AddrWidth-1:0]       waddr_i,
  input  logic [Lanes*LaneWidth-1:0] wdata_i,
  input  logic [AddrWidth-1:0]       raddr_i,
  output logic [Lanes*LaneWidth-1:0] rdata_o,
  output logic                       bad_o
);

  localparam int unsigned Stored = LaneWidth + Parity;
  localparam int unsigned Width = Lanes * Stored;

  logic [Lanes-1:0]     we;
  logic [AddrWidth-1:0] waddr, raddr, swept_q;
  logic [Width-1:0]     wdata, stored, read_q, out;

  assign we    = sweep_i ? '1 : we_i;
  assign waddr = sweep_i ? sweep_addr_i : waddr_i;
  assign wdata = sweep_i ? '0 : stored;
  assign raddr = sweep_i ? swept_q : raddr_i;

  // Public for the simulation's fault injection, which flips a bit of a key context.
  (* no_rw_check *) logic [Width-1:0] mem [2**AddrWidth]  /*verilator public_flat_rw*/;

  always_ff @(posedge clk_i) begin
    for (int unsigned lane = 0; lane < Lanes; lane++) begin
      if (we[lane]) mem[waddr][lane*Stored +: Stored] <= wdata[lane*Stored +: Stored];
    end
    read_q  <= mem[raddr];
    swept_q <= waddr;
  end

  if (ReadStages == 2) begin : gen_output_register
    logic [Width-1:0] out_q;
    always_ff @(posedge clk_i) out_q <= read_q;
    assign out = out_q;
  end else begin : gen_no_output_register
    assign out = read_q;
  end

  always_comb begin
    bad_o = 1'b0;
    for (int unsigned lane = 0; lane < Lanes; lane++) begin
      stored[lane*Stored +: Stored]         = Stored'(wdata_i[lane*LaneWidth +: LaneWidth]);
      rdata_o[lane*LaneWidth +: LaneWidth]  = out[lane*Stored +: LaneWidth];
      if (Parity != 0) begin
        stored[lane*Stored + Stored - 1]    = ^wdata_i[lane*LaneWidth +: LaneWidth];
        bad_o                               = bad_o || (^out[lane*Stored +: Stored]);
      end
    end
  end

`ifdef FORMAL_ENGINE
`include "secret_ram_properties.svh"
`endif

endmodule
