"""The signals of one net, group by group: from its weights, from prompts, from its speech, from text."""
