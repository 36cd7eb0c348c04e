"""R's values, family by family: our route to each number, or why there is none."""
