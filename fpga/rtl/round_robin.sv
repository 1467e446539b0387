// Picks one of several requests, in turn: the first one above the last that was served, else the first of all.
//
// Combinational; what calls it registers the outcome. valid_o is low if nobody asks, index_o then 0.

module round_robin #(
  parameter int unsigned Requests = 4,
  localparam int unsigned IndexWidth = Requests > 1 ? $clog2(Requests) : 1
) (
  input  logic [Requests-1:0]   request_i,
  input  logic [IndexWidth-1:0] last_i,
  output logic                  valid_o,
  output logic [IndexWidth-1:0] index_o
);

  logic [IndexWidth-1:0] first, above;
  logic                  any_above;

  always_comb begin
    first     = '0;
    above     = '0;
    any_above = 1'b0;
    for (int unsigned i = Requests; i > 0; i--) begin
      if (request_i[i-1]) begin
        first = IndexWidth'(i - 1);
        if (IndexWidth'(i - 1) > last_i) begin
          above     = IndexWidth'(i - 1);
          any_above = 1'b1;
        end
      end
    end
  end

  assign valid_o = |request_i;
  assign index_o = any_above ? above : first;

endmodule
