package dev.engram.cli.pages;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A table in Markdown, one row after the other. */
final class MarkdownTable {
    private final List<String> lines = new ArrayList<>();

    MarkdownTable(String... header) {
        row(header);
        lines.add("|" + String.join("|", Collections.nCopies(header.length, "---")) + "|");
    }

    MarkdownTable row(String... cells) {
        lines.add("| " + String.join(" | ", cells) + " |");
        return this;
    }

    @Override
    public String toString() {
        return String.join("\n", lines) + "\n";
    }
}
