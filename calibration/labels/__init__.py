"""Labels that people give: clips out to Label Studio, annotations back, agreement, votes, likely errors."""
