package dev.engram.recall;

import dev.engram.model.BadInputException;
import dev.engram.model.text.ChatTemplate;
import dev.engram.model.text.Message;
import dev.engram.model.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Builds the seed's three sequences with their labels (its section 4.3).
 *
 * <pre>
 *               context | &lt;recall&gt; | &lt;|memory_pad|&gt; | memory &lt;/recall&gt; end phrase | suffix
 * memory_front   −100   |  id or −100 |     −100        |        labelled             |   –
 * memory_full    −100   |     id      |     −100        |        labelled             | labelled
 * sft_only      the conversation, with labels on the assistant's parts alone
 * </pre>
 *
 * <p>The seed labels {@code <recall>} after a random context too; a model so trained recalls out of the blue, which is why it
 * can be left out.
 */
public final class RowBuilder {
    /**
     * What differs between the seed's rows and others.
     *
     * @param activation text before {@code <recall>}; may be empty
     * @param endPhrase text after {@code </recall>}; may be empty
     * @param labelRecallInFront whether {@code <recall>} is learned after an unrelated context
     * @param maxTokens of a whole row
     */
    public record Style(String activation, String endPhrase, boolean labelRecallInFront, int maxTokens) {
        /** The seed's: no phrases, {@code <recall>} always learned. */
        public static Style seed() {
            return new Style("", "", true, 3000);
        }
    }

    private final Tokenizer tokenizer;
    private final ChatTemplate template;
    private final RecallTokens tokens;
    private final Set<Integer> eos;
    private final Style style;

    /** Rows for a tokenizer that knows the recall tokens. */
    public RowBuilder(Tokenizer tokenizer, ChatTemplate template, RecallTokens tokens, Set<Integer> eos, Style style) {
        this.tokenizer = tokenizer;
        this.template = template;
        this.tokens = tokens;
        this.eos = eos;
        this.style = style;
    }

    /** Id of {@code </recall>}. */
    int end() {
        return tokens.end();
    }

    int[] encode(String text) {
        return tokenizer.encode(text);
    }

    /** memory_front: a context that has nothing to do with the memory; its end is kept if it is too long. */
    public RecallRow front(int[] context, String text, int memory, int sample) {
        int[] told = told(text);
        int room = style.maxTokens - told.length - 3;
        requireRoom(room, told.length);
        int[] kept =
                context.length <= room ? context : Arrays.copyOfRange(context, context.length - room, context.length);
        Row row = new Row().add(kept, false);
        return recall(row, told, memory, style.labelRecallInFront)
                .add(eos.stream().sorted().limit(1).mapToInt(i -> i).toArray(), true)
                .build(RecallRow.Type.MEMORY_FRONT, memory, sample);
    }

    /** memory_full: a conversation cut in two, the memory between. */
    public RecallRow full(String prefix, String suffix, String text, int memory, int sample) {
        int[] told = told(text);
        int[] after = tokenizer.encode(suffix);
        int[] before = tokenizer.encode(prefix);
        int room = style.maxTokens - told.length - 2 - after.length;
        requireRoom(room - before.length, told.length + after.length + before.length);
        Row row = new Row().add(before, false);
        return recall(row, told, memory, true).add(after, true).build(RecallRow.Type.MEMORY_FULL, memory, sample);
    }

    /** The same around a place of the conversation: inside its first thought, else where its last answer begins. */
    RecallRow full(SftSample sample, java.util.SplittableRandom random, String text, int memory) {
        String all = template.render(sample.messages(), false);
        if (ThinkText.present(all)) {
            ThinkText.Cut cut = ThinkText.cut(all, random);
            return full(cut.prefix(), cut.suffix(), text, memory, sample.index());
        }
        List<Message> turns = sample.messages();
        String prefix = template.render(turns.subList(0, turns.size() - 1), true);
        return full(prefix, rest(all, prefix), text, memory, sample.index());
    }

    /** sft_only: no memory tokens. */
    public RecallRow sftOnly(SftSample sample) {
        Row row = new Row();
        String done = "";
        for (int i = 0; i < sample.messages().size(); i++) {
            if (!sample.messages().get(i).role().equals("assistant")) {
                continue;
            }
            String before = template.render(sample.messages().subList(0, i), true);
            String through = template.render(sample.messages().subList(0, i + 1), false);
            row.add(tokenizer.encode(rest(before, done)), false);
            answer(row, tokenizer.encode(rest(through, before)));
            done = through;
        }
        RecallRow built = row.build(RecallRow.Type.SFT_ONLY, -1, sample.index());
        if (built.ids().length == 0) {
            throw new BadInputException("Conversation " + sample.index()
                    + " has no assistant turn, so nothing can be learned from it; leave it out.");
        }
        return built;
    }

    /** Labels an answer up to the end of its turn; what a template writes after that is not learned. */
    private void answer(Row row, int[] ids) {
        int end = 0;
        while (end < ids.length && !eos.contains(ids[end])) {
            end++;
        }
        end = Math.min(ids.length, end + 1);
        row.add(Arrays.copyOf(ids, end), true);
        row.add(Arrays.copyOfRange(ids, end, ids.length), false);
    }

    private Row recall(Row row, int[] told, int memory, boolean labelRecall) {
        row.add(tokenizer.encode(style.activation), false);
        row.recallAt = row.size();
        row.add(new int[] {tokens.recall()}, labelRecall);
        row.insertAt = row.size();
        return row.add(new int[] {tokens.pad()}, false).add(told, true);
    }

    /** The memory's text, {@code </recall>} and the end phrase. */
    private int[] told(String text) {
        int[] ids = tokenizer.encode(text);
        int[] end = tokenizer.encode(style.endPhrase);
        int[] told = Arrays.copyOf(ids, ids.length + 1 + end.length);
        told[ids.length] = tokens.end();
        System.arraycopy(end, 0, told, ids.length + 1, end.length);
        return told;
    }

    private void requireRoom(int room, int used) {
        if (room < 0) {
            throw new BadInputException("A training row needs more than " + used + " tokens, but the limit is "
                    + style.maxTokens + "; raise it or shorten the text.");
        }
    }

    private static String rest(String all, String start) {
        if (!all.startsWith(start)) {
            throw new BadInputException("The chat template writes a turn differently once another one follows, so the"
                    + " assistant's part cannot be told from the rest; use a template that only appends.");
        }
        return all.substring(start.length());
    }

    /** A row in the making. */
    private static final class Row {
        private final List<int[]> parts = new ArrayList<>();
        private final List<Boolean> learned = new ArrayList<>();
        private int recallAt = -1;
        private int insertAt = -1;

        Row add(int[] ids, boolean label) {
            parts.add(ids);
            learned.add(label);
            return this;
        }

        int size() {
            return parts.stream().mapToInt(p -> p.length).sum();
        }

        RecallRow build(RecallRow.Type type, int memory, int sample) {
            int[] ids = new int[size()];
            int[] labels = new int[ids.length];
            int at = 0;
            for (int p = 0; p < parts.size(); p++) {
                for (int id : parts.get(p)) {
                    ids[at] = id;
                    labels[at++] = learned.get(p) ? id : RecallRow.IGNORED;
                }
            }
            return new RecallRow(type, ids, labels, recallAt, insertAt, memory, sample);
        }
    }
}
