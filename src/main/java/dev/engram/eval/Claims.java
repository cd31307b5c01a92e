package dev.engram.eval;

import dev.engram.report.Csv;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import tech.tablesaw.api.ColumnType;
import tech.tablesaw.api.Row;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * The file results/claims.csv: what was published, what was measured, and the verdict. One row per id and profile; a notebook
 * writes its own rows and leaves the others.
 */
public final class Claims {
    /** Columns of the file, in order. */
    public static final List<String> COLUMNS =
            List.of("id", "published", "measured", "tolerance", "verdict", "reason", "profile", "notebook");

    private Claims() {}

    /** Reads all rows; a file with other columns, or a row that contradicts itself, gives an IllegalArgumentException. */
    public static List<Claim> read(Path file) {
        Table table = Csv.read(
                file, COLUMNS.stream().collect(Collectors.toMap(Function.identity(), name -> ColumnType.STRING)));
        if (!table.columnNames().equals(COLUMNS)) {
            throw new IllegalArgumentException(file + " has the columns " + String.join(",", table.columnNames())
                    + "; they must be " + String.join(",", COLUMNS) + ".");
        }
        List<Claim> claims = new ArrayList<>();
        for (Row r : table) {
            claims.add(new Claim(
                    r.getString("id"),
                    r.getString("published"),
                    r.getString("measured"),
                    r.getString("tolerance"),
                    Claim.Verdict.of(r.getString("verdict")),
                    r.getString("reason"),
                    r.getString("profile"),
                    r.getString("notebook")));
        }
        return claims;
    }

    /** Puts rows into the file, in place of rows with the same id and profile; the file is replaced as a whole. */
    public static void merge(Path file, List<Claim> own) {
        Map<String, Claim> all = new TreeMap<>();
        if (Files.exists(file)) {
            read(file).forEach(c -> all.put(c.id() + " " + c.profile(), c));
        }
        own.forEach(c -> all.put(c.id() + " " + c.profile(), c));
        write(file, List.copyOf(all.values()));
    }

    private static void write(Path file, List<Claim> claims) {
        Table table = Table.create("claims");
        add(table, "id", claims, Claim::id);
        add(table, "published", claims, Claim::published);
        add(table, "measured", claims, Claim::measured);
        add(table, "tolerance", claims, Claim::tolerance);
        add(table, "verdict", claims, c -> c.verdict().text());
        add(table, "reason", claims, Claim::reason);
        add(table, "profile", claims, Claim::profile);
        add(table, "notebook", claims, Claim::notebook);
        Csv.write(file, table);
    }

    private static void add(Table table, String name, List<Claim> claims, Function<Claim, String> part) {
        table.addColumns(StringColumn.create(name, claims.stream().map(part).toList()));
    }
}
