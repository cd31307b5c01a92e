package dev.engram.data;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.util.ArrayList;
import java.util.List;

/** What stands in the cells of a notebook. */
final class NotebookCells {
    private NotebookCells() {}

    /**
     * The sources of all cells of a type, an empty line between them.
     *
     * @param notebook text of the file
     * @param type markdown or code
     */
    static String of(String notebook, String type) {
        return String.join("\n\n", list(notebook, type));
    }

    /** The sources of all cells of a type. */
    static List<String> list(String notebook, String type) {
        List<String> all = new ArrayList<>();
        for (JsonElement cell :
                JsonParser.parseString(notebook).getAsJsonObject().getAsJsonArray("cells")) {
            JsonElement source = cell.getAsJsonObject().get("source");
            if (cell.getAsJsonObject().get("cell_type").getAsString().equals(type)) {
                StringBuilder text = new StringBuilder();
                if (source.isJsonArray()) {
                    source.getAsJsonArray().forEach(line -> text.append(line.getAsString()));
                } else {
                    text.append(source.getAsString());
                }
                all.add(text.toString());
            }
        }
        return all;
    }
}
