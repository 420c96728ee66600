# UNTESTED: written beside packaging/test, never run on Windows. Reports are welcome.
# Makes the environment where needed and runs the whole suite, but for the tests that take minutes.
# Usage: powershell -ExecutionPolicy Bypass -File packaging\test.ps1 [what pytest takes]
$ErrorActionPreference = "Stop"
. "$PSScriptRoot\setup.ps1"

$python = Install-Environment -Extra "test"
Set-Location $root
& $python -m pytest @args
exit $LASTEXITCODE
