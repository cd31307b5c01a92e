package dev.engram.cli.pages;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The table of all memories leaves none out. */
class ComparisonTablesTest {
    @Test
    void everyArmThatWasRunHasALine() throws IOException {
        TreeSet<String> run;
        try (Stream<Path> folders = Files.list(Path.of("results/bench-compare/full"))) {
            run = folders.map(f -> f.getFileName().toString().replaceAll("-\\d+$", ""))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
        assertEquals(Set.of(), difference(run, ComparisonTables.arms().keySet()));
        String table = new ComparisonTables(Path.of("results")).answers();
        run.forEach(arm ->
                assertTrue(table.contains("\n| " + ComparisonTables.arms().get(arm) + " |"), arm));
    }

    private static Set<String> difference(Set<String> all, Set<String> less) {
        TreeSet<String> rest = new TreeSet<>(all);
        rest.removeAll(less);
        return rest;
    }
}
