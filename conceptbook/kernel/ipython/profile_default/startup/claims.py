"""Notes the numbers that claims compare, so that a review sees those that moved.

`assert recall > 0.95` holds at 0.99 and at 0.951; only the numbers tell one from the other. In a
cell's own assertions, each operand of a comparison goes through a function that gives it back as it
is: it is evaluated once, in its place and order, and message and line of the claim stay its own.
"""


def _install():
    import ast
    import builtins
    import json
    import os
    import sys

    file = os.environ["CONCEPTBOOK_NUMBERS"]
    name = "__conceptbook_note__"  # no name of the page's: whoever lists its variables sees these
    noted = []

    def note(claim, operand, value):
        numpy = sys.modules.get("numpy")
        # By its exact type: to ask or write anything else may run code of the page.
        scalar = numpy and issubclass(type(value), numpy.generic)
        number = value.item() if scalar else value
        if type(number) is float:
            noted.append([claim, operand, f"{number:.6g}"])
        elif type(number) is bool or (type(number) is int and number.bit_length() <= 64):
            noted.append([claim, operand, str(number)])
        return value

    def handed(operand, claim):
        if not any(isinstance(node, ast.Name) for node in ast.walk(operand)):
            return operand  # the claim's text says it
        texts = [ast.Constant(claim), ast.Constant(ast.unparse(operand))]
        call = ast.Call(ast.Name(name, ast.Load()), [*texts, operand], [])
        return ast.copy_location(call, operand)

    def watch(test, claim):
        if isinstance(test, ast.Compare):
            test.left = handed(test.left, claim)
            test.comparators = [handed(operand, claim) for operand in test.comparators]
        elif isinstance(test, ast.BoolOp):
            for part in test.values:
                watch(part, claim)

    class Notes:
        def visit(self, cell):
            for statement in cell.body:
                if isinstance(statement, ast.Assert):
                    watch(statement.test, ast.unparse(statement))
            return cell

    def write(_):
        with open(file, "a", encoding="utf-8") as opened:
            opened.writelines(f"{json.dumps(entry)}\n" for entry in noted)
        noted.clear()

    setattr(builtins, name, note)
    shell = get_ipython()  # noqa: F821 (IPython puts it here)
    shell.ast_transformers.append(Notes())
    shell.events.register("post_run_cell", write)


_install()
del _install
