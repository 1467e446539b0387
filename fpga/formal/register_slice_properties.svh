  // An offered payload stays until it is taken; nothing is lost, doubled or reordered; a register without a transfer holds zeros.
  (* anyconst *) logic [Width-1:0] mark;  // a payload that is given exactly once
  logic given_q, taken_q, started_q = 1'b0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      given_q <= 1'b0;
      taken_q <= 1'b0;
    end else begin
      if (valid_i && ready_o && data_i == mark) given_q <= 1'b1;
      if (valid_o && ready_i && data_o == mark) taken_q <= 1'b1;
    end
  end

  always @(posedge clk_i) begin
    started_q <= 1'b1;
    assume (rst_ni == started_q);
    if (given_q) assume (!(valid_i && data_i == mark));
    if (started_q && rst_ni) begin
      if ($past(rst_ni && valid_o && !ready_i)) begin
        assert (valid_o);
        assert (data_o == $past(data_o));
      end
      assert (!back_valid_q || front_valid_q);
      if ($past(rst_ni)) assert ((front_valid_q || front_q == '0) && (back_valid_q || back_q == '0));
      // Given and not taken: it is in exactly one register.
      assert ((given_q && !taken_q) == ((front_valid_q && front_q == mark) || (back_valid_q && back_q == mark)));
      assert (!(front_valid_q && front_q == mark && back_valid_q && back_q == mark));
      assert (!taken_q || given_q);
    end
  end
