  // Eight cycles of zeros leave zeros: what the array gives, and what it holds, as the same is true of any eight cycles of it.
  logic [3:0] quiet_q = '0;  // cycles that all operands were zero; stops at 8
  always @(posedge clk_i) begin
    if (v_i != '0 || n_i != '0 || q_i != '0 || b_i != '0 || a_i != '0) quiet_q <= '0;
    else if (quiet_q != 4'd8) quiet_q <= quiet_q + 4'd1;
    if (quiet_q == 4'd8) assert (v_o == '0);
  end
