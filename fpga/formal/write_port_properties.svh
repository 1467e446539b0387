  // AXI: AWVALID and WVALID stay and their payloads are stable until taken; BREADY is always there; WLAST ends each burst after as many
  // words as AWLEN said; a word sent during a flush is zero with no byte enabled.
  // Memory may do anything: no more responses are handed out than bursts were sent whole, and others are told.
  (* hierconn *) logic        \u_aw.front_valid_q ;
  (* hierconn *) logic        \u_aw.back_valid_q ;
  (* hierconn *) logic        \u_w.front_valid_q ;
  (* hierconn *) logic        \u_w.back_valid_q ;
  (* hierconn *) logic [72:0] \u_w.front_q ;
  (* hierconn *) logic [72:0] \u_w.back_q ;
  logic       started_q = 1'b0;
  logic [1:0] lasts;
  assign lasts = 2'(\u_w.front_valid_q && \u_w.front_q [0]) + 2'(\u_w.back_valid_q && \u_w.back_q [0]);

  always @(posedge clk_i) begin
    started_q <= 1'b1;
    assume (rst_ni == started_q);
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
      // What is open is taken by memory, or waits in the slices, or is being sent.
      assert (order_wr_q - aw_q == order_t'(\u_aw.front_valid_q ) + order_t'(\u_aw.back_valid_q ));
      assert (order_wr_q - w_q == order_t'(lasts) + order_t'(state_q == Stream));
      assert (order_t'(aw_q - order_rd_q) <= open && order_t'(w_q - order_rd_q) <= open);
      if ($past(rst_ni)) begin
        if ($past(bvalid_i && open == '0)) assert (error_o && response_valid_o == '0);
        if ($past(flush_i)) assert (response_valid_o == '0);
        if (error_o) assert ($past(bvalid_i) && response_valid_o == '0);
      end
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
