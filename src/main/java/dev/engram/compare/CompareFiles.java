package dev.engram.compare;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import tech.tablesaw.api.Table;

/** Records from the tables that {@code report.Tables.of} made of them. */
final class CompareFiles {
    private CompareFiles() {}

    static List<Row> rows(Table table) {
        return read(table, Row.class);
    }

    static List<Lap> laps(Table table) {
        return read(table, Lap.class);
    }

    static List<Cost> costs(Table table) {
        return read(table, Cost.class);
    }

    /** One record a line; columns are found by name. */
    private static <T extends Record> List<T> read(Table table, Class<T> type) {
        RecordComponent[] parts = type.getRecordComponents();
        List<T> all = new ArrayList<>();
        try {
            Constructor<T> constructor = type.getDeclaredConstructor(
                    Arrays.stream(parts).map(RecordComponent::getType).toArray(Class<?>[]::new));
            for (int line = 0; line < table.rowCount(); line++) {
                Object[] values = new Object[parts.length];
                for (int i = 0; i < parts.length; i++) {
                    values[i] = value(
                            parts[i].getType(), table.column(parts[i].getName()).getUnformattedString(line));
                }
                all.add(constructor.newInstance(values));
            }
        } catch (NoSuchMethodException | InstantiationException | IllegalAccessException e) {
            throw new IllegalStateException(e);
        } catch (InvocationTargetException e) {
            throw new IllegalArgumentException("A line of " + table.name() + " cannot be read: " + e.getCause(), e);
        }
        return all;
    }

    private static Object value(Class<?> type, String text) {
        if (type == String.class) {
            return text;
        }
        boolean missing = text == null || text.isEmpty();
        if (type == double.class) {
            return missing ? Double.NaN : Double.parseDouble(text);
        }
        return type == int.class ? (Object) (int) Double.parseDouble(text) : (Object) (long) Double.parseDouble(text);
    }
}
