# UNTESTED: written beside packaging/run, never run on Windows. Reports are welcome.
# Makes the environment where needed and opens the window on FILES, or on the bundled sample.
# Usage: powershell -ExecutionPolicy Bypass -File packaging\run.ps1 [FILES]
$ErrorActionPreference = "Stop"
. "$PSScriptRoot\setup.ps1"

$python = Install-Environment -Extra "run"
$files = if ($args.Count) { $args } else { @("$root\resources\samples\backyard.tif") }
& $python -P -m restorer_app window @files
exit $LASTEXITCODE
