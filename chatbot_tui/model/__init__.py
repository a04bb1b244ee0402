"""What the network is: configuration, LSTM, tokenizer, checkpoint folder."""
