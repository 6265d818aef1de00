# The production chapter of README.md as something to run: with STEP unset the names of its steps in order, else
# that step's ```sh boxes. A chapter is "## In production", a step "### NAME".
/^## / { chapter = ($0 == "## In production"); step = "" }
!chapter { next }
/^### / { step = substr($0, 5); boxes = 0 }
/^```$/ && inside { inside = 0; next }
/^```sh$/ { inside = 1; boxes++; if (STEP == "" && boxes == 1) print step; next }
inside && STEP != "" && step == STEP { print }
