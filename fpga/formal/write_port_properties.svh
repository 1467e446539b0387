  // AXI: AWVALID and WVALID stay and their payloads are stable until taken; BREADY is always there; WLAST ends each burst after as many
  // words as AWLEN said; a word sent during a flush is zero with no byte enabled.
  logic       started_q = 1'b0;

  always @(posedge clk_i) begin
    started_q <= 1'b1;
    assume (rst_ni == started_q);
    assume (!bvalid_i || open != '0);
    for (int unsigned c = 0; c < Clients; c++) assume (!burst_valid_i[c] || (burst_beats_i[c] != '0 && burst_beats_i[c] <= 7'd64));
    // A client withdraws its burst only when it is taken, or in a flush.
    if (started_q && $past(rst_ni)) begin
      for (int unsigned c = 0; c < Clients; c++) begin
        if ($past(burst_valid_i[c] && !burst_taken_o[c] && !flush_i)) assume (burst_valid_i[c] || flush_i);
      end
    end
    if (started_q && rst_ni) begin
      if (state_q == Send) assert (burst_valid_i[grant_q] || flush_i);
      if ($past(rst_ni && awvalid_o && !awready_i)) begin
        assert (awvalid_o);
        assert (awaddr_o == $past(awaddr_o) && awlen_o == $past(awlen_o));
      end
      if ($past(rst_ni && wvalid_o && !wready_i)) begin
        assert (wvalid_o);
        assert (wdata_o == $past(wdata_o) && wstrb_o == $past(wstrb_o) && wlast_o == $past(wlast_o));
      end
      assert (bready_o);
      assert (open <= order_t'(Order));
      if (state_q == Send) assert (aw_ready && open <= order_t'(Order - 1));
      if (order_free_q) assert (open <= order_t'(Order - 1));
      if ($past(rst_ni)) assert (order_free_q == ($past(open) < order_t'(Order - 1)));
      if (state_q == Stream) assert (left_q != '0 && left_q <= 7'd64);
      if (move) assert ((left_q == 7'd1) == (state_d == Pick));
      if (move && flush_i) assert (word == '0);
      if (flush_i) assert (!send && burst_taken_o == '0);
    end
  end
