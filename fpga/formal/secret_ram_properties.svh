  // covered: every place below it is zero. It grows while a sweep passes over the places from the first on; a write outside a sweep puts
  // it back to nothing. full: the whole memory is zero.
  // place: any one place. place_zero: it was swept, and not written since.
  (* anyconst *) (* keep *) logic [AddrWidth-1:0] place;
  logic place_zero_q = 1'b0;
  (* keep *) logic place_zero;
  assign place_zero = place_zero_q;
  logic [31:0] covered_q = '0;
  (* keep *) logic [31:0] covered;
  (* keep *) logic        full, outputs_zero;
  assign covered = covered_q;
  assign full    = covered == 32'd1 << AddrWidth;
  // Cycles that the sweep has lasted; 3 stands for more, too.
  logic [1:0] swept_for_q = 2'd0;
  (* keep *) logic [1:0] swept_for;
  assign swept_for = swept_for_q;

  always @(posedge clk_i) begin
    if (sweep_i) begin
      if (covered == 32'(sweep_addr_i)) covered_q <= covered + 32'd1;
    end else if (we_i != '0) begin
      covered_q <= '0;
    end
    if (sweep_i && (sweep_addr_i == place)) place_zero_q <= 1'b1;
    else if (!sweep_i && (we_i != '0) && (waddr_i == place)) place_zero_q <= 1'b0;
    if (place_zero) assert (mem[place] == '0);
    assert (covered <= 32'd1 << AddrWidth);
    if (32'(place) < covered) assert (mem[place] == '0);

    swept_for_q <= !sweep_i ? 2'd0 : (swept_for == 2'd3) ? 2'd3 : swept_for + 2'd1;
    if (swept_for >= 2'd1) assert (mem[swept_q] == '0);
    if (swept_for >= 2'd2) assert (read_q == '0);
    if (swept_for >= 2'd3) assert (outputs_zero);
  end

  if (ReadStages == 2) begin : gen_outputs
    assign outputs_zero = (read_q == '0) && (gen_output_register.out_q == '0);
  end else begin : gen_outputs
    assign outputs_zero = read_q == '0;
  end
