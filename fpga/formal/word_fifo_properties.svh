  // Clearing leaves nothing: when cleared_o is high, which it is after 2^DepthLog2 + 1 cycles, every word of the memory and the head are
  // zero. From the first clearing on the head is zero whenever it shows no word.
  (* anyconst *) logic [DepthLog2-1:0] place;
  logic started_q = 1'b0;
  logic zeroized_q = 1'b0;
  logic [DepthLog2+1:0] clear_for_q = '0;  // cycles that clear_i has lasted; stops at its most

  always @(posedge clk_i) begin
    started_q <= 1'b1;
    if (!rst_ni) zeroized_q <= 1'b0;
    else if (clear_i) zeroized_q <= 1'b1;
    if (!rst_ni || !clear_i) clear_for_q <= '0;
    else if (clear_for_q != '1) clear_for_q <= clear_for_q + 1'b1;
    assume (rst_ni == started_q);
    assume (!wr_valid_i || level_q != count_t'(Depth));
    if (started_q && rst_ni) begin
      if ($past(rst_ni)) assert (clearing_q == $past(clear_i));
      assert (!cleared_q || clearing_q);
      assert (level_q <= count_t'(Depth));
      if (zeroized_q && !head_valid_q) assert (head_q == '0);
      assert (clearing_q == (clear_for_q != '0) || !clear_i);
      if (clearing_q && !cleared_q && clear_for_q != '0) assert (clear_for_q == {1'b0, wr_ptr_q} + 1'b1);
      if (clear_for_q > (DepthLog2+2)'(Depth)) assert (cleared_q);
      if (cleared_o) begin
        assert (memory[place] == '0);
        assert (head_q == '0);
      end
      // Behind the walk all is zero.
      if (clearing_q) begin
        assert (!head_valid_q && level_q == '0 && rd_ptr_q == '0 && head_q == '0);
        if (!cleared_q) assert (wr_ptr_q < count_t'(Depth));
        if (cleared_q || place < wr_ptr_q[DepthLog2-1:0]) assert (memory[place] == '0);
      end else begin
        assert (level_q == (wr_ptr_q - rd_ptr_q) + count_t'(head_valid_q));
        assert (level_q >= count_t'(head_valid_q));
      end
    end
  end
