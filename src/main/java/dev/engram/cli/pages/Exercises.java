package dev.engram.cli.pages;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.engram.model.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The exercises of a notebook and how many checks the solution of each has.
 *
 * @param notebook name without folder and ending
 * @param names what each exercise is called, in order
 * @param checks how often the solution of each calls {@code Check}; fewer entries if a solution is missing
 */
public record Exercises(String notebook, List<String> names, List<Integer> checks) {
    private static final Pattern EXERCISE = Pattern.compile("(?m)^(\\d+)\\. \\*\\*(.+?)\\.?\\*\\*");
    private static final Pattern SOLUTION = Pattern.compile("(?m)^## (\\d+) ");
    private static final Pattern CHECK = Pattern.compile("\\bCheck\\.\\w+\\(");

    /** Of every notebook in a folder, in order. */
    public static List<Exercises> all(Path notebooks) {
        try (Stream<Path> files = Files.list(notebooks)) {
            return files.filter(file -> file.toString().endsWith(".ipynb"))
                    .sorted()
                    .map(Exercises::of)
                    .toList();
        } catch (IOException e) {
            throw new BadInputException(notebooks + " cannot be listed (" + e.getMessage() + ").", e);
        }
    }

    private static Exercises of(Path notebook) {
        List<String> names = new ArrayList<>();
        boolean begun = false;
        for (Cell cell : cells(notebook)) {
            int start = cell.text().indexOf("# Exercises");
            begun |= start >= 0;
            if (begun && !cell.code()) {
                Matcher exercise = EXERCISE.matcher(cell.text().substring(Math.max(0, start)));
                while (exercise.find()) {
                    names.add(exercise.group(2));
                }
            }
        }
        String file = notebook.getFileName().toString();
        Path solutions = notebook.resolveSibling("solutions").resolve(file);
        return new Exercises(
                file.replace(".ipynb", ""), names, Files.exists(solutions) ? checks(solutions) : List.of());
    }

    private static List<Integer> checks(Path solutions) {
        List<Integer> checks = new ArrayList<>();
        for (Cell cell : cells(solutions)) {
            if (!cell.code()) {
                Matcher heading = SOLUTION.matcher(cell.text());
                while (heading.find()) {
                    checks.add(0);
                }
            } else if (!checks.isEmpty()) {
                int more = (int) CHECK.matcher(cell.text()).results().count();
                checks.set(checks.size() - 1, checks.get(checks.size() - 1) + more);
            }
        }
        return checks;
    }

    private record Cell(boolean code, String text) {}

    private static List<Cell> cells(Path notebook) {
        try {
            JsonObject root = JsonParser.parseString(Files.readString(notebook)).getAsJsonObject();
            List<Cell> cells = new ArrayList<>();
            for (JsonElement element : root.getAsJsonArray("cells")) {
                JsonElement source = element.getAsJsonObject().get("source");
                StringBuilder text = new StringBuilder();
                if (source.isJsonArray()) {
                    source.getAsJsonArray().forEach(line -> text.append(line.getAsString()));
                } else {
                    text.append(source.getAsString());
                }
                boolean code =
                        element.getAsJsonObject().get("cell_type").getAsString().equals("code");
                cells.add(new Cell(code, text.toString()));
            }
            return cells;
        } catch (IOException | RuntimeException e) {
            throw new BadInputException(notebook + " is no notebook that can be read (" + e.getMessage() + ").", e);
        }
    }

    /** A table of all exercises. */
    static String table(Path notebooks) {
        MarkdownTable table = new MarkdownTable("notebook", "exercises", "checks in the solutions");
        for (Exercises e : all(notebooks)) {
            table.row(
                    "[" + e.notebook() + "](../notebooks/solutions/" + e.notebook() + ".ipynb)",
                    String.join("; ", e.names()),
                    "" + e.checks().stream().mapToInt(Integer::intValue).sum());
        }
        return table.toString();
    }
}
