package output

// llama3Dialect is Llama 3.1 to 3.3: bare JSON with parameters, sometimes
// after <|python_tag|>.
func llama3Dialect() dialect {
	bare := func(*Parser) callReader { return &objectReader{} }
	return dialect{
		think: thinkTags,
		calls: map[string]func(*Parser) callReader{"<|python_tag|>": bare},
		drop:  []string{"<|eom_id|>", "<|eot_id|>"},
		bare:  bare,
	}
}
