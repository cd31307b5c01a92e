package dev.engram.model;

import dev.engram.model.text.StreamingDecoder;
import dev.engram.model.text.Tokenizer;
import java.util.List;

/** Turns ids into text as they come, ends before a stop string, and holds back what may become one. */
final class TextStream {
    private final StreamingDecoder decoder;
    private final List<String> stop;
    private final GenerationListener listener;
    private final StringBuilder text = new StringBuilder();
    private int told;
    private boolean stopped;

    TextStream(Tokenizer tokenizer, List<String> stop, GenerationListener listener) {
        this.decoder = tokenizer.streamingDecoder(true);
        this.stop = stop;
        this.listener = listener;
    }

    /** Adds a token; true when a stop string has appeared, and the text then ends before it. */
    boolean push(int id) {
        add(decoder.push(id));
        return stopped;
    }

    private void add(String piece) {
        int from = text.length();
        text.append(piece);
        int end = Integer.MAX_VALUE;
        for (String s : stop) {
            int at = text.indexOf(s, Math.max(0, from - s.length() + 1));
            end = at >= 0 ? Math.min(end, at) : end;
        }
        if (end < Integer.MAX_VALUE) {
            text.setLength(end);
            stopped = true;
        }
        tell(stopped ? text.length() : text.length() - undecided());
    }

    /** Length of the longest end of the text that begins a stop string. */
    private int undecided() {
        int longest = 0;
        for (String s : stop) {
            for (int n = Math.min(s.length() - 1, text.length()); n > longest; n--) {
                if (text.substring(text.length() - n).equals(s.substring(0, n))) {
                    longest = n;
                }
            }
        }
        return longest;
    }

    private void tell(int until) {
        if (until > told) {
            listener.text(text.substring(told, until));
            told = until;
        }
    }

    /** The whole text. */
    String finish() {
        if (!stopped) {
            add(decoder.finish());
            tell(text.length());
        }
        return text.toString();
    }
}
