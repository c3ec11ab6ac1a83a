using Microsoft.Extensions.Logging;
using OppTel.Host.Catalog;
using OppTel.Wire;

namespace OppTel.Host.Fallback;

/// <summary>What both ways besides packets need.</summary>
/// <param name="Key">Signs and verifies.</param>
/// <param name="Instance">Random number of this process.</param>
/// <param name="Book">The agreement with the DPU.</param>
/// <param name="Critical">Finds slots.</param>
/// <param name="Values">Reads them.</param>
/// <param name="Logger">Is told of every change.</param>
internal sealed record FallbackParts(ControlKey Key, ulong Instance, CatalogBook Book, CriticalSlots Critical, ISlotValues Values, ILogger Logger);
