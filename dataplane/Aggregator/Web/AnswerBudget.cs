namespace OppTel.Aggregator.Web;

/// <summary>
/// Bounds the numbers of all answers that are in memory at the same time: a client may take as long as it likes to read its own. Who asks
/// for little is not kept waiting by those.
/// </summary>
/// <param name="most">Numbers of eight bytes.</param>
internal sealed class AnswerBudget(long most)
{
    private long taken;

    /// <summary>Reserves memory for an answer, until it is disposed of.</summary>
    /// <exception cref="RequestException">Others have it.</exception>
    public AnswerShare Take(long numbers)
    {
        if (Interlocked.Add(ref taken, numbers) <= most)
            return new AnswerShare(this, numbers);
        Give(numbers);
        throw new RequestException(503, "too many large answers are on their way to others; try again, or ask for less");
    }

    internal void Give(long numbers) => Interlocked.Add(ref taken, -numbers);
}

/// <summary>Memory for one answer.</summary>
internal sealed class AnswerShare(AnswerBudget budget, long reserved) : IDisposable
{
    private long numbers = reserved;

    /// <summary>The answer has only so many numbers.</summary>
    public void Shrink(long needed)
    {
        budget.Give(numbers - needed);
        numbers = needed;
    }

    public void Dispose() => budget.Give(numbers);
}
