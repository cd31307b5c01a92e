package dev.engram.data;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;

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
        StringBuilder all = new StringBuilder();
        for (JsonElement cell :
                JsonParser.parseString(notebook).getAsJsonObject().getAsJsonArray("cells")) {
            JsonElement source = cell.getAsJsonObject().get("source");
            if (cell.getAsJsonObject().get("cell_type").getAsString().equals(type)) {
                if (source.isJsonArray()) {
                    source.getAsJsonArray().forEach(line -> all.append(line.getAsString()));
                } else {
                    all.append(source.getAsString());
                }
                all.append("\n\n");
            }
        }
        return all.toString();
    }
}
