"""What an essay is: values and rules, without input or output, clock or async."""
