package dev.engram.assistant;

import dev.engram.tiers.UserStream;
import dev.engram.tiers.UserStream.Turn;
import dev.langchain4j.model.embedding.EmbeddingModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A user of many years, until the history holds its 1,000 turns: time and bytes as the memory grows. */
public final class ThousandTurns {
    private static final int YEAR = 365;

    /**
     * One turn.
     *
     * @param kind told or asked
     * @param bytes of the user's file after it
     * @param memories that count after it
     */
    public record Row(int turn, String kind, double milliseconds, long bytes, int memories) {}

    private ThousandTurns() {}

    /**
     * Lives through the years.
     *
     * @param every turns between two questions
     */
    public static List<Row> run(
            Subjects subjects,
            EmbeddingModel embeddings,
            AnswerWriter writer,
            List<String> chatter,
            Path folder,
            int every) {
        List<Row> rows = new ArrayList<>();
        try (UserMemory memory = UserMemory.open(folder, 0)) {
            Assistant assistant = new Assistant(memory, subjects, embeddings, writer, null);
            Assistant listening = new Assistant(memory, subjects, embeddings, AnswerWriter.quoting(), null);
            String question = "";
            for (int year = 0; memory.nextTurn() <= UserMemory.TURNS; year++) {
                for (Turn t : UserStream.of("elder " + year, false, chatter).turns()) {
                    double day = year * YEAR + t.day();
                    rows.add(timed(memory, listening, "told", t.text(), day));
                    question = t.fact() == null
                            ? question
                            : t.fact().fact().trainQuestions().get(0);
                    if (memory.nextTurn() % every == 0 && !question.isEmpty()) {
                        rows.add(timed(memory, assistant, "asked", question, day));
                    }
                    if (memory.nextTurn() > UserMemory.TURNS) {
                        break;
                    }
                }
            }
        }
        return rows;
    }

    private static Row timed(UserMemory memory, Assistant assistant, String kind, String text, double day) {
        int turn = memory.nextTurn();
        long start = System.nanoTime();
        assistant.say(text, day);
        return new Row(
                turn,
                kind,
                (System.nanoTime() - start) / 1e6,
                memory.bytes(),
                memory.profile().size());
    }

    /** A quantile of the milliseconds of one kind of turn, such as 0.95. */
    public static double quantile(List<Row> rows, String kind, double share) {
        double[] ms = rows.stream()
                .filter(r -> r.kind.equals(kind))
                .mapToDouble(Row::milliseconds)
                .sorted()
                .toArray();
        return ms.length == 0 ? Double.NaN : ms[(int) Math.min(ms.length - 1, Math.floor(share * ms.length))];
    }
}
