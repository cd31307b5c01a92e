package dev.engram.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A cell is read in one look: at most 30 lines, none wider than a page, and half of all cells no longer than 8. */
class NotebookShapeTest {
    private static final int LINES = 30;
    private static final int USUAL = 8;
    private static final int WIDTH = 120;

    @Test
    void cellsAreShortAndNarrow() throws IOException {
        List<String> faults = new ArrayList<>();
        List<Integer> lengths = new ArrayList<>();
        try (Stream<Path> files = Files.walk(Path.of("notebooks"))) {
            for (Path notebook : files.filter(f ->
                            f.toString().endsWith(".ipynb") && !f.toString().contains(".ipynb_checkpoints"))
                    .toList()) {
                for (String cell : NotebookCells.list(Files.readString(notebook), "code")) {
                    faults.addAll(faults(notebook.getFileName() + ": ", cell));
                    lengths.add((int) cell.lines().count());
                }
            }
        }
        assertEquals(List.of(), faults);
        assertTrue(lengths.size() > 500, lengths.size() + " cells");
        int median = lengths.stream().sorted().toList().get(lengths.size() / 2);
        assertTrue(median <= USUAL, "half of the cells are longer than " + median + " lines");
    }

    @Test
    void aLongCellAndAWideLineAreFaults() {
        assertEquals(List.of(), faults("", "x\n".repeat(LINES)));
        assertEquals(1, faults("", "x\n".repeat(LINES + 1)).size());
        assertEquals(
                1, faults("", "x".repeat(WIDTH + 1) + "\n" + "x".repeat(WIDTH)).size());
    }

    private static List<String> faults(String where, String cell) {
        List<String> faults = new ArrayList<>();
        long lines = cell.lines().count();
        if (lines > LINES) {
            faults.add(where + lines + " lines: " + cell.lines().findFirst().orElse(""));
        }
        cell.lines().filter(l -> l.length() > WIDTH).forEach(l -> faults.add(where + l.length() + " characters: " + l));
        return faults;
    }
}
