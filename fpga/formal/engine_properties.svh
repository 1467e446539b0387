  // No secret readable after zeroize: when the engine says that it is wiped, every word of each of its memories is zero, and stays zero
  // until it takes a job. When the sweep ends, the registers listed below, which hold digits or words, are zero too.
  // And when a context is unloaded, or before one is loaded: the slots' memories and the same registers are zero, and of the memories of
  // contexts the places of this context.
  //
  // Of two slots and two columns. The multipliers are left out: what they give is anything, as long as it is not written. That they run
  // empty is proved of them alone (multiplier_array_properties.svh).
  // Invariants: a sweep of everything has covered at least the places below sweep_q, and while it lasts nothing is under way; who
  // writes memories needs something under way.

  // The memories; how far each is known to be zero (secret_ram_properties.svh).
  (* hierconn *) logic [31:0] \u_modulus_in.covered ;
  (* hierconn *) logic [1:0] \u_modulus_in.swept_for ;
  (* hierconn *) logic \u_modulus_in.full ;
  (* hierconn *) logic \u_modulus_in.outputs_zero ;
  (* hierconn *) logic [31:0] \u_modulus_out.covered ;
  (* hierconn *) logic [1:0] \u_modulus_out.swept_for ;
  (* hierconn *) logic \u_modulus_out.full ;
  (* hierconn *) logic \u_modulus_out.outputs_zero ;
  (* hierconn *) logic [31:0] \u_products.u_modulus.covered ;
  (* hierconn *) logic [1:0] \u_products.u_modulus.swept_for ;
  (* hierconn *) logic \u_products.u_modulus.full ;
  (* hierconn *) logic \u_products.u_modulus.outputs_zero ;
  (* hierconn *) logic [31:0] \u_products.u_rsquared.covered ;
  (* hierconn *) logic [1:0] \u_products.u_rsquared.swept_for ;
  (* hierconn *) logic \u_products.u_rsquared.full ;
  (* hierconn *) logic \u_products.u_rsquared.outputs_zero ;
  (* hierconn *) logic [31:0] \u_products.u_entries.covered ;
  (* hierconn *) logic [1:0] \u_products.u_entries.swept_for ;
  (* hierconn *) logic \u_products.u_entries.full ;
  (* hierconn *) logic \u_products.u_entries.outputs_zero ;
  (* hierconn *) logic [31:0] \u_products.u_columns.covered ;
  (* hierconn *) logic [1:0] \u_products.u_columns.swept_for ;
  (* hierconn *) logic \u_products.u_columns.full ;
  (* hierconn *) logic \u_products.u_columns.outputs_zero ;
  (* hierconn *) logic [31:0] \u_products.u_drain.covered ;
  (* hierconn *) logic [1:0] \u_products.u_drain.swept_for ;
  (* hierconn *) logic \u_products.u_drain.full ;
  (* hierconn *) logic \u_products.u_drain.outputs_zero ;
  (* hierconn *) logic [31:0] \u_results.u_words.covered ;
  (* hierconn *) logic [1:0] \u_results.u_words.swept_for ;
  (* hierconn *) logic \u_results.u_words.full ;
  (* hierconn *) logic \u_results.u_words.outputs_zero ;
  (* hierconn *) logic [31:0] \u_products.gen_feeder[0].u_feeder.u_store.covered ;
  (* hierconn *) logic [1:0] \u_products.gen_feeder[0].u_feeder.u_store.swept_for ;
  (* hierconn *) logic \u_products.gen_feeder[0].u_feeder.u_store.full ;
  (* hierconn *) logic \u_products.gen_feeder[0].u_feeder.u_store.outputs_zero ;
  (* hierconn *) logic [31:0] \gen_slot[0].u_sequencer.u_exponent.covered ;
  (* hierconn *) logic [1:0] \gen_slot[0].u_sequencer.u_exponent.swept_for ;
  (* hierconn *) logic \gen_slot[0].u_sequencer.u_exponent.full ;
  (* hierconn *) logic \gen_slot[0].u_sequencer.u_exponent.outputs_zero ;
  (* hierconn *) logic [31:0] \u_products.gen_feeder[1].u_feeder.u_store.covered ;
  (* hierconn *) logic [1:0] \u_products.gen_feeder[1].u_feeder.u_store.swept_for ;
  (* hierconn *) logic \u_products.gen_feeder[1].u_feeder.u_store.full ;
  (* hierconn *) logic \u_products.gen_feeder[1].u_feeder.u_store.outputs_zero ;
  (* hierconn *) logic [31:0] \gen_slot[1].u_sequencer.u_exponent.covered ;
  (* hierconn *) logic [1:0] \gen_slot[1].u_sequencer.u_exponent.swept_for ;
  (* hierconn *) logic \gen_slot[1].u_sequencer.u_exponent.full ;
  (* hierconn *) logic \gen_slot[1].u_sequencer.u_exponent.outputs_zero ;

  // Any place of the memories of contexts.
  (* hierconn *) logic [ContextAddr-1:0] \u_modulus_in.place ;
  (* hierconn *) logic \u_modulus_in.place_zero ;
  (* hierconn *) logic [ContextAddr-1:0] \u_modulus_out.place ;
  (* hierconn *) logic \u_modulus_out.place_zero ;
  (* hierconn *) logic [ContextWidth+WordWidth-1:0] \u_products.u_modulus.place ;
  (* hierconn *) logic \u_products.u_modulus.place_zero ;
  (* hierconn *) logic [ContextWidth+WordWidth-1:0] \u_products.u_rsquared.place ;
  (* hierconn *) logic \u_products.u_rsquared.place_zero ;

  // Whether it is zero, if it belongs to the job's context and the sweep of the context has passed it.
  logic [3:0] passed;
  assign passed = {
    (\u_modulus_in.place [ContextAddr-1:7] != context_id) || (32'(sweep_q) <= 32'(\u_modulus_in.place [6:0])) || \u_modulus_in.place_zero ,
    (\u_modulus_out.place [ContextAddr-1:7] != context_id) || (32'(sweep_q) <= 32'(\u_modulus_out.place [6:0])) || \u_modulus_out.place_zero ,
    (\u_products.u_modulus.place [ContextWidth+WordWidth-1:WordWidth] != context_id)
      || (32'(sweep_q) <= 32'(\u_products.u_modulus.place [WordWidth-1:0])) || \u_products.u_modulus.place_zero ,
    (\u_products.u_rsquared.place [ContextWidth+WordWidth-1:WordWidth] != context_id)
      || (32'(sweep_q) <= 32'(\u_products.u_rsquared.place [WordWidth-1:0])) || \u_products.u_rsquared.place_zero 
  };
  logic [3:0] unloaded;
  assign unloaded = {
    (\u_modulus_in.place [ContextAddr-1:7] != context_id) || \u_modulus_in.place_zero ,
    (\u_modulus_out.place [ContextAddr-1:7] != context_id) || \u_modulus_out.place_zero ,
    (\u_products.u_modulus.place [ContextWidth+WordWidth-1:WordWidth] != context_id) || \u_products.u_modulus.place_zero ,
    (\u_products.u_rsquared.place [ContextWidth+WordWidth-1:WordWidth] != context_id) || \u_products.u_rsquared.place_zero 
  };

  localparam int unsigned Memories = 12;
  localparam int unsigned SlotMemories = 8;  // the last ones; in front of them those of contexts
  logic [Memories-1:0] full, outputs_zero, on_the_way, counting;
  assign full = {
    \u_modulus_in.full ,
    \u_modulus_out.full ,
    \u_products.u_modulus.full ,
    \u_products.u_rsquared.full ,
    \u_products.u_entries.full ,
    \u_products.u_columns.full ,
    \u_products.u_drain.full ,
    \u_results.u_words.full ,
    \u_products.gen_feeder[0].u_feeder.u_store.full ,
    \gen_slot[0].u_sequencer.u_exponent.full ,
    \u_products.gen_feeder[1].u_feeder.u_store.full ,
    \gen_slot[1].u_sequencer.u_exponent.full 
  };
  assign outputs_zero = {
    \u_modulus_in.outputs_zero ,
    \u_modulus_out.outputs_zero ,
    \u_products.u_modulus.outputs_zero ,
    \u_products.u_rsquared.outputs_zero ,
    \u_products.u_entries.outputs_zero ,
    \u_products.u_columns.outputs_zero ,
    \u_products.u_drain.outputs_zero ,
    \u_results.u_words.outputs_zero ,
    \u_products.gen_feeder[0].u_feeder.u_store.outputs_zero ,
    \gen_slot[0].u_sequencer.u_exponent.outputs_zero ,
    \u_products.gen_feeder[1].u_feeder.u_store.outputs_zero ,
    \gen_slot[1].u_sequencer.u_exponent.outputs_zero 
  };
  assign on_the_way = {
    \u_modulus_in.full  || (\u_modulus_in.covered  >= 32'(sweep_q)),
    \u_modulus_out.full  || (\u_modulus_out.covered  >= 32'(sweep_q)),
    \u_products.u_modulus.full  || (\u_products.u_modulus.covered  >= 32'(sweep_q)),
    \u_products.u_rsquared.full  || (\u_products.u_rsquared.covered  >= 32'(sweep_q)),
    \u_products.u_entries.full  || (\u_products.u_entries.covered  >= 32'(sweep_q)),
    \u_products.u_columns.full  || (\u_products.u_columns.covered  >= 32'(sweep_q)),
    \u_products.u_drain.full  || (\u_products.u_drain.covered  >= 32'(sweep_q)),
    \u_results.u_words.full  || (\u_results.u_words.covered  >= 32'(sweep_q)),
    \u_products.gen_feeder[0].u_feeder.u_store.full  || (\u_products.gen_feeder[0].u_feeder.u_store.covered  >= 32'(sweep_q)),
    \gen_slot[0].u_sequencer.u_exponent.full  || (\gen_slot[0].u_sequencer.u_exponent.covered  >= 32'(sweep_q)),
    \u_products.gen_feeder[1].u_feeder.u_store.full  || (\u_products.gen_feeder[1].u_feeder.u_store.covered  >= 32'(sweep_q)),
    \gen_slot[1].u_sequencer.u_exponent.full  || (\gen_slot[1].u_sequencer.u_exponent.covered  >= 32'(sweep_q))
  };
  assign counting = {
    (\u_modulus_in.swept_for  == 2'd3) || (32'(\u_modulus_in.swept_for ) >= 32'(sweep_q)),
    (\u_modulus_out.swept_for  == 2'd3) || (32'(\u_modulus_out.swept_for ) >= 32'(sweep_q)),
    (\u_products.u_modulus.swept_for  == 2'd3) || (32'(\u_products.u_modulus.swept_for ) >= 32'(sweep_q)),
    (\u_products.u_rsquared.swept_for  == 2'd3) || (32'(\u_products.u_rsquared.swept_for ) >= 32'(sweep_q)),
    (\u_products.u_entries.swept_for  == 2'd3) || (32'(\u_products.u_entries.swept_for ) >= 32'(sweep_q)),
    (\u_products.u_columns.swept_for  == 2'd3) || (32'(\u_products.u_columns.swept_for ) >= 32'(sweep_q)),
    (\u_products.u_drain.swept_for  == 2'd3) || (32'(\u_products.u_drain.swept_for ) >= 32'(sweep_q)),
    (\u_results.u_words.swept_for  == 2'd3) || (32'(\u_results.u_words.swept_for ) >= 32'(sweep_q)),
    (\u_products.gen_feeder[0].u_feeder.u_store.swept_for  == 2'd3) || (32'(\u_products.gen_feeder[0].u_feeder.u_store.swept_for ) >= 32'(sweep_q)),
    (\gen_slot[0].u_sequencer.u_exponent.swept_for  == 2'd3) || (32'(\gen_slot[0].u_sequencer.u_exponent.swept_for ) >= 32'(sweep_q)),
    (\u_products.gen_feeder[1].u_feeder.u_store.swept_for  == 2'd3) || (32'(\u_products.gen_feeder[1].u_feeder.u_store.swept_for ) >= 32'(sweep_q)),
    (\gen_slot[1].u_sequencer.u_exponent.swept_for  == 2'd3) || (32'(\gen_slot[1].u_sequencer.u_exponent.swept_for ) >= 32'(sweep_q))
  };

  // What is under way somewhere in the engine.
  (* hierconn *) logic [2:0] \u_loader.state_q ;
  (* hierconn *) logic \u_loader.word_valid_q ;
  (* hierconn *) logic [Slots-1:0] \u_products.u_scheduler.active_q ;
  (* hierconn *) logic \u_products.u_scheduler.in_row_q ;
  (* hierconn *) logic \u_products.valid_0 ;
  (* hierconn *) logic [8:1] \u_products.valid_q ;
  (* hierconn *) logic \u_products.valid_9_q ;
  (* hierconn *) logic \u_products.valid_10_q ;
  (* hierconn *) logic \u_products.in_valid_q ;
  (* hierconn *) logic \u_products.in_entry_q ;
  (* hierconn *) logic [Slots-1:0] \u_products.u_normalizer.waiting_q ;
  (* hierconn *) logic \u_products.u_normalizer.running_q ;
  (* hierconn *) logic \u_products.u_normalizer.valid_1_q ;
  (* hierconn *) logic \u_products.u_normalizer.valid_2_q ;
  (* hierconn *) logic \u_products.u_normalizer.valid_3_q ;
  (* hierconn *) logic [2:0] \u_products.u_normalizer.tail_q ;
  (* hierconn *) logic \u_results.out_valid_q ;
  (* hierconn *) logic \u_results.out_end_q ;
  (* hierconn *) logic [1:0] \u_results.state_q ;
  (* hierconn *) logic [Slots-1:0] \u_results.asked_q ;
  (* hierconn *) logic [3:0] \gen_slot[0].u_sequencer.state_q ;
  (* hierconn *) logic [3:0] \gen_slot[1].u_sequencer.state_q ;

  logic calm;
  assign calm = {
    \u_loader.state_q ,
    \u_loader.word_valid_q ,
    \u_products.u_scheduler.active_q ,
    \u_products.u_scheduler.in_row_q ,
    \u_products.valid_0 ,
    \u_products.valid_q ,
    \u_products.valid_9_q ,
    \u_products.valid_10_q ,
    \u_products.in_valid_q ,
    \u_products.in_entry_q ,
    \u_products.u_normalizer.waiting_q ,
    \u_products.u_normalizer.running_q ,
    \u_products.u_normalizer.valid_1_q ,
    \u_products.u_normalizer.valid_2_q ,
    \u_products.u_normalizer.valid_3_q ,
    \u_products.u_normalizer.tail_q ,
    \u_results.out_valid_q ,
    \u_results.out_end_q ,
    \u_results.state_q ,
    \u_results.asked_q ,
    \gen_slot[0].u_sequencer.state_q ,
    \gen_slot[1].u_sequencer.state_q 
  } == '0;

  // Registers that hold digits or words.
  (* hierconn *) logic [63:0] \u_loader.word_q ;
  (* hierconn *) logic [63:0] \u_loader.modulus_q ;
  (* hierconn *) logic [63:0] \u_results.out_q ;
  (* hierconn *) logic \u_results.borrow_q ;
  (* hierconn *) logic [WA+WB:0] \u_products.u_normalizer.value_2_q ;
  (* hierconn *) logic [WA+1:0] \u_products.u_normalizer.carry_q ;
  (* hierconn *) logic [WB-1:0] \u_products.u_normalizer.digit_3_q ;
  (* hierconn *) logic [WA-1:0] \u_products.digit_0 ;
  (* hierconn *) logic [5*WA-1:0] \u_products.digit_q ;
  (* hierconn *) logic [Slots*WA-1:0] \u_products.q_q ;
  (* hierconn *) logic [WA-1:0] \u_products.q_held_q ;
  (* hierconn *) logic [WB-1:0] \u_products.in_digit_q ;
  (* hierconn *) logic [64+WB-2:0] \u_results.bits_q ;
  (* hierconn *) logic [Slots-1:0] \u_results.reduce_q ;
  (* hierconn *) logic [64+WB-2:0] \u_loader.bits_q ;
  (* hierconn *) logic [WA+WB-2:0] \u_products.gen_feeder[0].u_feeder.bits_q ;
  (* hierconn *) logic [31:0] \gen_slot[0].u_sequencer.digit_value_q ;
  (* hierconn *) logic [63:0] \gen_slot[0].u_sequencer.address_q ;
  (* hierconn *) logic [63:0] \gen_slot[0].u_sequencer.product_q ;
  (* hierconn *) logic [WA+WB-2:0] \u_products.gen_feeder[1].u_feeder.bits_q ;
  (* hierconn *) logic [31:0] \gen_slot[1].u_sequencer.digit_value_q ;
  (* hierconn *) logic [63:0] \gen_slot[1].u_sequencer.address_q ;
  (* hierconn *) logic [63:0] \gen_slot[1].u_sequencer.product_q ;

  logic registers_zero;
  assign registers_zero = {
    \u_loader.word_q ,
    \u_loader.modulus_q ,
    \u_results.out_q ,
    \u_results.borrow_q ,
    \u_products.u_normalizer.value_2_q ,
    \u_products.u_normalizer.carry_q ,
    \u_products.u_normalizer.digit_3_q ,
    \u_products.digit_0 ,
    \u_products.digit_q ,
    \u_products.q_q ,
    \u_products.q_held_q ,
    \u_products.in_digit_q ,
    \u_results.bits_q ,
    \u_results.reduce_q ,
    \u_loader.bits_q ,
    \u_products.gen_feeder[0].u_feeder.bits_q ,
    \gen_slot[0].u_sequencer.digit_value_q ,
    \gen_slot[0].u_sequencer.address_q ,
    \gen_slot[0].u_sequencer.product_q ,
    \u_products.gen_feeder[1].u_feeder.bits_q ,
    \gen_slot[1].u_sequencer.digit_value_q ,
    \gen_slot[1].u_sequencer.address_q ,
    \gen_slot[1].u_sequencer.product_q ,
    low_digit_q
  } == '0;

  // Since the last sweep of everything no job was taken.
  logic untouched_q = 1'b0;
  logic started_q = 1'b0;
  logic swept, swept_all;
  assign swept     = sweep && (sweep_q == {1'b1, SweepWidth'(1)});
  assign swept_all = swept && sweep_all_q;

  always @(posedge clk_i) begin
    started_q <= 1'b1;
    assume (rst_ni == started_q);
    // memory_hub: what it offers is zero where it offers nothing, and in a sweep its queues are empty, or cleared at the same time.
    assume (!sweep || (sweep_q < (SweepWidth+1)'(4)) || (rd_data_i == '0));
    if (!rst_ni) untouched_q <= 1'b0;
    else if (job_valid_i && job_ready_o) untouched_q <= 1'b0;
    else if (swept_all) untouched_q <= 1'b1;

    if (started_q && rst_ni) begin
      if (sweep) begin
        assert (sweep_q <= {1'b1, SweepWidth'(1)});
        assert (&counting);
        if (sweep_q != '0) assert (calm);
        assert (&on_the_way[SlotMemories-1:0]);
        if (sweep_all_q) assert (&on_the_way);
        else assert ((&passed) && ((sweep_q == '0) || (n0_q[context_id] == '0)));
        if (sweep_q > (SweepWidth+1)'(4)) assert (\u_loader.word_q == '0 && \u_loader.modulus_q == '0);
        if (sweep_q > (SweepWidth+1)'(4)) assert (\u_products.u_normalizer.value_2_q == '0);
        if (sweep_q > (SweepWidth+1)'(5)) assert (\u_products.u_normalizer.carry_q == '0);
        if (sweep_q > (SweepWidth+1)'(6)) assert (\u_products.u_normalizer.digit_3_q == '0);
        if (sweep_q > (SweepWidth+1)'(7)) assert (\u_results.out_q == '0);
      end else begin
        assert (sweep_q == '0);
      end
      if (untouched_q) begin
        assert (calm && (&full));
        assert ((state_q == StIdle) || (sweep && sweep_all_q));
      end
      // As the card sees it. swept_q: since wipe_i was raised.
      if (swept_q) assert (untouched_q);
      if (wipe_i && wiped_o) assert (&full);
      if ($past(swept_all) && $past(rst_ni)) assert ((&full) && (n0_q == '0));
      if ($past(swept) && $past(rst_ni)) assert ((&full[SlotMemories-1:0]) && (&outputs_zero) && registers_zero);
      // The job's context is the same as in the cycle before.
      if ($past(swept && !sweep_all_q) && $past(rst_ni)) assert ((&unloaded) && (n0_q[context_id] == '0));
    end
  end
