package dev.engram.train;

import dev.engram.model.BadInputException;
import dev.engram.model.text.ChatTemplate;
import dev.engram.model.text.Message;
import dev.engram.model.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which tokens of a text are learned. For conversations these are the assistant's: the content of its turns with their thoughts,
 * and the token that ends a turn, so that the model learns to stop. Headers and the line end after a turn are not.
 *
 * <p>Works with any chat template, as it needs no {@code generation} marks in it (transformers and TRL do): each of the
 * assistant's turns is rendered once more with a mark in its place, and what stands before and after the mark bounds the turn.
 * Positions equal those of {@code apply_chat_template(return_assistant_tokens_mask=True)} on a template with marks.
 */
public final class Labels {
    /** Label of a token that is not learned; torch's default for cross-entropy. */
    public static final int IGNORE = -100;

    /** A private-use character: stands in no template and in no ordinary text. */
    private static final String MARK = "\uF8FE";

    private final Tokenizer tokenizer;
    private final ChatTemplate template;
    private final Map<String, ?> variables;

    public Labels(Tokenizer tokenizer, ChatTemplate template) {
        this(tokenizer, template, Map.of());
    }

    /** @param variables further ones of the template, such as {@code date_string} */
    public Labels(Tokenizer tokenizer, ChatTemplate template, Map<String, ?> variables) {
        this.tokenizer = tokenizer;
        this.template = template;
        this.variables = Map.copyOf(variables);
    }

    /** Every token is learned: ordinary text. */
    public static Example all(int[] ids) {
        return new Example(ids, ids.clone());
    }

    /** The continuation is learned, the prompt is only read. */
    public static Example completion(int[] prompt, int[] continuation) {
        int[] ids = Arrays.copyOf(prompt, prompt.length + continuation.length);
        System.arraycopy(continuation, 0, ids, prompt.length, continuation.length);
        int[] labels = ids.clone();
        Arrays.fill(labels, 0, prompt.length, IGNORE);
        return new Example(ids, labels);
    }

    /** A conversation of which only what the assistant says is learned. */
    public Example assistantOnly(List<Message> messages) {
        String text = template.render(messages, false, variables);
        Tokenizer.Pieces pieces = tokenizer.pieces(text);
        int[] labels = new int[pieces.ids().length];
        Arrays.fill(labels, IGNORE);
        String header = header();
        for (int i = 0; i < messages.size(); i++) {
            if (messages.get(i).role().equals("assistant")) {
                int[] turn = turn(messages, i, text, header);
                label(pieces, turn[0], turn[1], labels);
            }
        }
        return new Example(pieces.ids(), labels);
    }

    /** A question and its answer, with the system message that the template gives by itself. */
    public Example answer(String question, String answer) {
        return assistantOnly(List.of(Message.user(question), Message.assistant(answer)));
    }

    /** What opens the assistant's turn: the text that a generation prompt adds, without what a switch of thinking adds to it. */
    private String header() {
        List<Message> first = List.of(Message.user("x"));
        String common = null;
        for (boolean thinking : new boolean[] {false, true}) {
            Map<String, Object> all = new HashMap<>(variables);
            all.put("enable_thinking", thinking);
            String with = template.render(first, true, all);
            String added = with.substring(commonPrefix(template.render(first, false, all), with));
            common = common == null ? added : common.substring(0, commonPrefix(common, added));
        }
        if (common.isEmpty()) {
            throw new BadInputException(
                    "The chat template opens no turn for the assistant, so it cannot be said which tokens"
                            + " are its own; use another model, or give ids and labels.");
        }
        return common;
    }

    /** First character of the assistant's message i in the text, and the one after its last. */
    private int[] turn(List<Message> messages, int i, String text, String header) {
        List<Message> marked = new ArrayList<>(messages);
        marked.set(i, Message.assistant(MARK));
        String other = template.render(marked, false, variables);
        int at = other.indexOf(MARK);
        int from = at < 0 ? -1 : other.lastIndexOf(header, at);
        if (from >= 0) {
            from += header.length();
            int to = text.length() - (other.length() - at - MARK.length());
            if (to >= from && text.startsWith(other.substring(0, from)) && text.endsWith(other.substring(at + 1))) {
                return new int[] {from, to};
            }
        }
        throw new BadInputException("The chat template does not show where the assistant's turn " + (i + 1)
                + " begins and ends; use another model, or give ids and labels.");
    }

    private void label(Tokenizer.Pieces pieces, int from, int to, int[] labels) {
        int end = to;
        for (int t = 0; t < labels.length; t++) {
            if (pieces.from()[t] == to && tokenizer.isSpecial(pieces.ids()[t])) {
                end = pieces.to()[t];
                break;
            }
        }
        for (int t = 0; t < labels.length; t++) {
            if (pieces.to()[t] > from && pieces.from()[t] < end) {
                labels[t] = pieces.ids()[t];
            }
        }
    }

    private static int commonPrefix(String a, String b) {
        int n = 0;
        while (n < a.length() && n < b.length() && a.charAt(n) == b.charAt(n)) {
            n++;
        }
        return n;
    }
}
