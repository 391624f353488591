"""The answerer without a model: questions in Chinese and English, read by a grammar."""
