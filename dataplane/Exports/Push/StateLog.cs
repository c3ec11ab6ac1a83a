using Microsoft.Extensions.Logging;

namespace OppTel.Exports.Push;

/// <summary>Logs what has changed, not what is still so.</summary>
/// <param name="logger">Where to.</param>
/// <param name="subject">Whose state it is.</param>
internal sealed class StateLog(ILogger logger, string subject)
{
    private bool? works;

    /// <summary>It fails.</summary>
    public void Failed(string why)
    {
        if (works == false)
            return;
        works = false;
        logger.LogWarning("{Subject}: {Why}", subject, why);
    }

    /// <summary>It works.</summary>
    public void Works()
    {
        if (works == true)
            return;
        works = true;
        logger.LogInformation("{Subject}: works", subject);
    }
}
