  // Clearing leaves nothing: when cleared_o is high, every word of the memory and the head are zero.
  (* anyconst *) logic [DepthLog2-1:0] place;
  logic started_q = 1'b0;

  always @(posedge clk_i) begin
    started_q <= 1'b1;
    assume (rst_ni == started_q);
    assume (!wr_valid_i || level_q != count_t'(Depth));
    if (started_q && rst_ni) begin
      if ($past(rst_ni)) assert (clearing_q == $past(clear_i));
      assert (!cleared_q || clearing_q);
      assert (level_q <= count_t'(Depth));
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
