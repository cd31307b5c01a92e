package dev.engram.eval;

import dev.engram.report.Csv;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import tech.tablesaw.api.ColumnType;
import tech.tablesaw.api.Row;
import tech.tablesaw.api.Table;

/**
 * One thing that a seed document describes, and where it is here: a row of data/seeds.csv.
 *
 * @param id for example {@code S000-21}
 * @param seed number of the document, 000 to 004
 * @param section of the document
 * @param kind feature, api, flag, claim, table, constant, analysis, future, ...
 * @param published its number, where it has one
 * @param code classes, without {@code dev.engram.}
 * @param notebook numbers of notebooks
 * @param status done, partly, left out or open
 * @param reason needed for partly and left out
 */
public record SeedItem(
        String id,
        String seed,
        String section,
        String kind,
        String item,
        String published,
        String code,
        String test,
        String notebook,
        String status,
        String reason) {
    private static final List<String> COLUMNS = List.of(
            "id", "seed", "section", "kind", "item", "published", "code", "test", "notebook", "status", "reason");

    /** Reads all rows; a file with other columns gives an IllegalArgumentException. */
    public static List<SeedItem> read(Path file) {
        Table table =
                Csv.read(file, COLUMNS.stream().collect(Collectors.toMap(name -> name, name -> ColumnType.STRING)));
        if (!table.columnNames().equals(COLUMNS)) {
            throw new IllegalArgumentException(file + " has the columns " + String.join(",", table.columnNames())
                    + "; they must be " + String.join(",", COLUMNS) + ".");
        }
        List<SeedItem> items = new ArrayList<>();
        for (Row r : table) {
            items.add(new SeedItem(
                    r.getString("id"),
                    r.getString("seed"),
                    r.getString("section"),
                    r.getString("kind"),
                    r.getString("item"),
                    r.getString("published"),
                    r.getString("code"),
                    r.getString("test"),
                    r.getString("notebook"),
                    r.getString("status"),
                    r.getString("reason")));
        }
        return items;
    }

    /** Whether a measurement can answer it: only these have a verdict. */
    public boolean measurable() {
        return kind.equals("claim") || kind.equals("table") || kind.equals("constant");
    }
}
